/** What a provider may be: an address that its network allows, and a dialect that its contract reads. */

import { contracts } from '../../contracts/index.ts'
import { parseAddress, parseCidr } from '../../core/addresses.ts'
import { PurserError } from '../../core/errors.ts'
import { provider } from '../../core/nouns.ts'
import { isAllowed } from '../../net/addresses.ts'
import { readBaseUrl } from '../../net/destination.ts'
import type { Row } from '../../store/schema.ts'
import { invalidInput } from '../invalid.ts'
import { plainNumbers } from '../plain.ts'

/** Throws by the field that is wrong: what is written is what a call can use. */
export function refuseUnsoundProvider(row: Row<'providers'>): void {
  const read = provider.safeParse(plainNumbers(row))
  if (!read.success) throw invalidInput(read.error, Object.keys(row))
  readBaseUrl(row.base_url, read.data.network)
  if (row.network_cidrs !== null && row.network !== 'private') {
    throw new PurserError('invalid_request', '"network_cidrs" narrows a private network, and this one is not.', { field: 'network_cidrs' })
  }
  contracts.find((contract) => contract.id === row.contract)?.codec(row.dialect)
}

/** Sentences on an address at which no call will ever find it. What a name leads to shows only when it is called. */
export function unreachable(row: Row<'providers'>): readonly string[] {
  const { name, network } = row
  const { host, simulated } = readBaseUrl(row.base_url, network as 'public')
  const ranges = ((row.network_cidrs ?? []) as readonly string[]).map(parseCidr).filter((range) => range !== undefined)
  if (network === 'private' && ranges.length === 0)
    return [`"${name}" is on a private network and "network_cidrs" names no range of it, so every call to it is refused.`]
  const address = simulated ? undefined : parseAddress(host)
  if (address === undefined || isAllowed(address, network as 'public', ranges)) return []
  return [`No provider on a ${network} network may stand at ${host}, so every call to "${name}" is refused.`]
}

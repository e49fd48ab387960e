/** What a provider may be: an address that its network allows, and a dialect that its contract reads. */

import { contracts } from '../../contracts/index.ts'
import { PurserError } from '../../core/errors.ts'
import { provider } from '../../core/nouns.ts'
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

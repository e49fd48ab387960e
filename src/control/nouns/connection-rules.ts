/** What a connection may be: which billing goes with which auth, and which two connections are a pair. Rules alone: values in, errors out. */

import type { ProviderAuth } from '../../core/auth.ts'
import { PurserError } from '../../core/errors.ts'
import { connection } from '../../core/nouns.ts'
import { readBaseUrl } from '../../net/destination.ts'
import type { Row } from '../../store/schema.ts'
import { invalidInput } from '../invalid.ts'
import { plainNumbers } from '../plain.ts'

/** A connection with the provider that it pays. */
export type Paying = { readonly connection: Row<'connections'>; readonly provider: Row<'providers'> }

/** Who pays where nobody says: what each way of proving it stands for. */
export const usualBilling = { api_key: 'own', platform: 'platform', none: 'none' } as const satisfies Record<ProviderAuth['type'], string>

/** Throws by the field that is wrong: what is written is what a call can use. */
export function refuseUnsoundConnection({ connection: row, provider }: Paying): void {
  const read = connection.safeParse(plainNumbers(row))
  if (!read.success) throw invalidInput(read.error, Object.keys(row))
  const { auth, billing, platform, disabled } = read.data
  if ((auth.type === 'platform') !== (billing === 'platform')) {
    const fits =
      auth.type === 'platform' ? 'It is paid by the platform, and by nobody else.' : "A platform pays only where the auth is a platform's."
    throw refused('billing', `A connection whose auth is of type ${auth.type} can not be billed as ${billing}. ${fits}`)
  }
  if (platform !== null && billing !== 'platform')
    throw refused('platform', `"platform" names who pays where the billing is by a platform, and here it is "${billing}".`)
  if (auth.type !== 'platform') return
  if (auth.base_url !== null) refuseBaseUrl(auth.base_url, read.data.name, provider)
  if (!disabled && (auth.base_url === null || auth.credential === null))
    throw refused(
      'auth',
      'A connection by a platform needs its "base_url" and its "credential" before it can be used. Until then it stays disabled.',
    )
}

function refuseBaseUrl(baseUrl: string, name: string, provider: Row<'providers'>): void {
  try {
    readBaseUrl(baseUrl, provider.network as 'public')
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw refused('auth.base_url', `The platform's address of "${name}" can not be used. ${message}`)
  }
}

/** Why two connections can not stand in for each other, or undefined where they can. */
export function faultOfPair(one: Paying, other: Paying): string | undefined {
  const sides = [one, other]
  const billings = sides.map((side) => side.connection.billing).toSorted()
  if (one.connection.id === other.connection.id) return 'a connection is no pair with itself'
  if (billings.join() !== 'own,platform')
    return `one must be paid "own" and the other "platform", and they are "${billings.join('" and "')}"`
  if (one.provider.contract !== other.provider.contract)
    return `they speak different contracts, ${one.provider.contract} and ${other.provider.contract}`
  if (one.provider.modality !== other.provider.modality)
    return `they are for different things, ${one.provider.modality} and ${other.provider.modality}`
  const near = sides.find((side) => side.provider.network !== 'public')
  return near && `both must be in the cloud, and "${near.provider.name}" stands on a ${near.provider.network} network`
}

export function refuseUnsoundPair(one: Paying, other: Paying): void {
  const fault = faultOfPair(one, other)
  if (fault === undefined) return
  throw refused('twin', `"${one.connection.name}" and "${other.connection.name}" can not be a pair: ${fault}.`)
}

function refused(field: string, message: string): PurserError {
  return new PurserError('invalid_request', message, { field })
}

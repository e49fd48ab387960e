/** From one profile, or from a provider and a model, to the one target that it names. A named but unusable choice is an error, never a silent substitute. */

import type { Presence, Standing } from '../core/auth.ts'
import { PurserError } from '../core/errors.ts'
import type { Connection, Profile, Provider } from '../core/nouns.ts'
import { localityOf } from './boundary.ts'
import { codecOf } from './codecs.ts'
import type { Directory } from './directory.ts'
import { type Decision, defaultTimeouts, type Skipped, type Target } from './target.ts'

/** Whether the secret behind a credential reference is at hand for the address it would go to, and why not where that can be said. */
export type PresenceOf = (reference: string, baseUrl: string) => Standing | Presence

export type Resolution = { readonly targets: readonly [Target, ...Target[]]; readonly decision: Decision }

export function byProfile(directory: Directory, profile: Profile, via: Decision['via'], presenceOf: PresenceOf): Resolution {
  if (profile.disabled) throw disabled('profile', profile.name, directory)
  const provider = directory.providers.get(profile.provider_id)
  if (!provider) throw unusable(profile.name, 'its provider does not exist or could not be read')
  const chosen =
    profile.connection_id === null
      ? onlyConnection(directory, provider, profile.name, presenceOf)
      : named(directory, provider, profile, presenceOf)
  const target = targetOf(provider, chosen.connection, profile, profile.model, profile.name)
  return { targets: [target], decision: { via, winner: profile.name, connection: chosen.connection.name, skipped: chosen.skipped } }
}

export function byProviderModel(directory: Directory, provider: Provider, model: string, name: string, presenceOf: PresenceOf): Resolution {
  const chosen = onlyConnection(directory, provider, name, presenceOf)
  const target = targetOf(provider, chosen.connection, null, model, name)
  return {
    targets: [target],
    decision: { via: 'provider-model', winner: name, connection: chosen.connection.name, skipped: chosen.skipped },
  }
}

type Chosen = { readonly connection: Connection; readonly skipped: readonly Skipped[] }

function named(directory: Directory, provider: Provider, profile: Profile, presenceOf: PresenceOf): Chosen {
  const connection = directory.connections.get(profile.connection_id ?? '')
  if (!connection) throw unusable(profile.name, 'its connection does not exist or could not be read')
  const why = unusableReason(provider, connection, presenceOf)
  if (why) throw unusable(profile.name, `its connection "${connection.name}" is ${why}`)
  return { connection, skipped: [] }
}

/** The one enabled connection of the provider that the operator pays himself and whose secret is present. Never a platform's. */
function onlyConnection(directory: Directory, provider: Provider, name: string, presenceOf: PresenceOf): Chosen {
  const usable: Connection[] = []
  const skipped: Skipped[] = []
  for (const connection of directory.connections.values()) {
    if (connection.provider_id !== provider.id) continue
    const why =
      connection.billing === 'platform' || connection.billing === 'subscription'
        ? `boundary:billing own→${connection.billing}`
        : unusableReason(provider, connection, presenceOf)
    if (why) skipped.push({ name: connection.name, reason: why })
    else usable.push(connection)
  }
  const [first, ...others] = usable
  const listed = skipped.map((one) => `"${one.name}" (${one.reason})`).join(', ')
  if (!first) throw unusable(name, `provider "${provider.name}" has no usable connection${listed && `: ${listed}`}`)
  if (others.length > 0) {
    const names = usable.map((connection) => `"${connection.name}"`).join(', ')
    throw unusable(
      name,
      `provider "${provider.name}" has several usable connections (${names}) and nothing says which. Name one in a profile`,
    )
  }
  return { connection: first, skipped }
}

function unusableReason(provider: Provider, connection: Connection, presenceOf: PresenceOf): string | undefined {
  if (connection.disabled) return 'disabled'
  if (connection.auth.type === 'none') return undefined
  if (connection.auth.type === 'platform' && connection.auth.base_url === null) return 'without the address of its platform'
  if (connection.auth.credential === null) return 'without a credential'
  const found = presenceOf(connection.auth.credential, baseUrlOf(provider, connection))
  const { presence, reason } = typeof found === 'string' ? { presence: found, reason: null } : found
  if (presence === 'present') return undefined
  return `without its secret (${connection.auth.credential} is ${presence}${reason === null ? '' : `: ${reason.replace(/\.$/, '')}`})`
}

function targetOf(provider: Provider, connection: Connection, profile: Profile | null, model: string, name: string): Target {
  if (provider.disabled) throw unusable(name, `provider "${provider.name}" is disabled`)
  if (connection.provider_id !== provider.id)
    throw unusable(name, `connection "${connection.name}" belongs to another provider than "${provider.name}"`)
  const { contract, codec } = codecOf(provider, model, name)
  const baseUrl = baseUrlOf(provider, connection)
  return {
    profile,
    provider,
    connection,
    model,
    contract,
    codec,
    billing: connection.billing,
    locality: localityOf(provider),
    defaults: defaultsOf(profile),
    timeouts: {
      connect: profile?.timeouts.connect ?? defaultTimeouts.connect,
      firstByte: profile?.timeouts.first_byte ?? defaultTimeouts.firstByte,
      idle: profile?.timeouts.idle ?? defaultTimeouts.idle,
      total: profile?.timeouts.total ?? defaultTimeouts.total,
    },
    destination: { baseUrl, network: provider.network, cidrs: provider.network_cidrs ?? [], poolKey: connection.id },
    credential: connection.auth.type === 'none' ? null : connection.auth.credential,
  }
}

/** Where calls of this connection go: to the platform, if one pays, else to the provider. */
function baseUrlOf(provider: Provider, { auth }: Connection): string {
  return auth.type === 'platform' ? (auth.base_url ?? provider.base_url) : provider.base_url
}

function defaultsOf(profile: Profile | null): Target['defaults'] {
  if (!profile) return {}
  return {
    ...(profile.system_prompt === null ? {} : { systemPrompt: profile.system_prompt }),
    ...(profile.temperature === null ? {} : { temperature: profile.temperature }),
    ...(profile.max_tokens === null ? {} : { maxTokens: profile.max_tokens }),
    ...(Object.keys(profile.params).length === 0 ? {} : { params: profile.params }),
  }
}

export function unusable(name: string, why: string): PurserError {
  return new PurserError('unavailable', `"${name}" cannot be used: ${why}.`, { code: 'no_usable_connection', field: 'model' })
}

export function disabled(noun: 'profile' | 'route', name: string, directory: Directory): PurserError {
  return new PurserError('not_found', `The ${noun} "${name}" is disabled. ${existing(directory)}`, { code: 'disabled', field: 'model' })
}

/** The names a caller may send, for whoever sent another. */
export function existing(directory: Directory): string {
  const rows = [...directory.profiles.values(), ...directory.routes.values()]
  const names = rows.filter((row) => !row.disabled).map((row) => row.name)
  if (names.length === 0) return 'There is no profile yet.'
  const shown = names.slice(0, 20).join(', ')
  const nouns = directory.routes.size === 0 ? 'Profiles' : 'Profiles and routes'
  return `${nouns}: ${shown}${names.length > 20 ? ` and ${names.length - 20} more` : ''}. Or name a provider and its model as "provider/model".`
}

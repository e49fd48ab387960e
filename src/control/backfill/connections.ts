/** Who pays: from what the file says of mode, connection and provider to one connection here, or the reason why nobody can tell. Never from the own key to the platform, and never off the machine. */

import type { Json } from '../../core/json.ts'
import { name as nameSchema } from '../../core/nouns.ts'
import { endpointOf } from './endpoint.ts'
import { type Cell, cell, derived, note, want } from './notes.ts'
import { child, member, textIn } from './pointer.ts'
import type { Mode, Paying, Reading } from './reading.ts'
import { credentialName, type SourceRow } from './source-rows.ts'
import { customEndpoint, identities, sourceIdOf, type Vendor, vendorOf } from './vendors.ts'

/** `dangling`: a connection was named, and nothing is known of it. */
export type Unpaid = { readonly why: string; readonly dangling?: true }

/** What a place in the file says of who serves and who pays, still in the source's words. */
export type Said = {
  readonly provider: string | undefined
  readonly connection: string | undefined
  /** Where the provider is said. */
  readonly pointer: string
  /** Nothing but the own key existed when this was written. */
  readonly beforeModes?: boolean
}

export const modePointer = '/services/inference/mode'

export function modeOf(reading: Reading): Mode | undefined {
  const said = textIn(member(member(reading.config, 'services'), 'inference'), 'mode')
  return said === 'your-own' || said === 'managed' ? said : undefined
}

export function payFor(reading: Reading, said: Said): Paying | Unpaid {
  if (said.connection !== undefined) return byConnection(reading, said, said.connection)
  const { provider } = said
  if (provider === undefined) return { why: 'no_provider' }
  const row = reading.rows.get(provider)
  if (row !== undefined && vendorOf(provider) === undefined) return byRow(reading, row)
  if (provider === customEndpoint) return { why: 'no_base_url' }
  const vendor = vendorOf(provider)
  if (vendor === undefined) return { why: 'provider_unknown' }
  if (vendor.local) return onMachine(reading, vendor, said.pointer)
  const mode = modeOf(reading)
  if (mode === 'managed') return vendor.managed ? platform(reading, vendor, modePointer, 'mode') : { why: 'not_on_platform' }
  if (mode === 'your-own') return own(reading, vendor, vendor.connection, modePointer, 'mode')
  if (said.beforeModes === true || namesPayers(reading)) return own(reading, vendor, vendor.connection, said.pointer, 'own_by_era')
  return { why: 'who_pays_unknown' }
}

/** A platform's identity in place of a provider: it pays for whichever vendor the model's first part names. */
export function platformFor(reading: Reading, provider: string, pointer: string): Paying | Unpaid {
  const vendor = vendorOf(provider)
  if (vendor === undefined || vendor.local) return { why: 'provider_unknown' }
  return platform(reading, vendor, pointer, 'identity')
}

export function subscriptionFor(reading: Reading, pointer: string): Paying | Unpaid {
  return made(reading, 'chatgpt-subscription', 'openai', 'subscription', subscriptionCells('chatgpt-subscription', pointer), pointer)
}

/** Some profile says its payer in the provider's place, so a vendor there means the own key. */
function namesPayers({ config, rows }: Reading): boolean {
  const profiles = member(member(config, 'llm'), 'profiles')
  return Object.values((profiles ?? {}) as object).some((body: Json) => {
    const provider = textIn(body, 'provider')
    return provider === identities.platform || provider === identities.subscription || (provider !== undefined && rows.has(provider))
  })
}

function byConnection(reading: Reading, { provider, pointer }: Said, connection: string): Paying | Unpaid {
  const row = reading.rows.get(connection)
  if (row !== undefined) {
    const identity = Object.values(identities).some((each) => each === provider)
    if (provider !== undefined && provider !== row.provider && provider !== row.name && !identity)
      return { why: 'connection_of_another_provider' }
    return byRow(reading, row)
  }
  if (provider === customEndpoint) return { why: 'no_base_url' }
  const vendor = provider === undefined ? undefined : vendorOf(provider)
  if (vendor === undefined || !nameSchema.safeParse(connection).success) return { why: 'connection_unknown', dangling: true }
  if (connection === `${provider}-personal`)
    return vendor.local ? onMachine(reading, vendor, pointer) : own(reading, vendor, connection, pointer, 'personal_by_name')
  if (connection === `${provider}-managed` && !vendor.local)
    return vendor.managed ? platform(reading, vendor, pointer, 'managed_by_name', connection) : { why: 'not_on_platform' }
  return { why: 'connection_unknown', dangling: true }
}

/** All rows, in use or not: they are configuration too. */
export function wantRows(reading: Reading): void {
  for (const row of reading.rows.values()) {
    const paying = byRow(reading, row)
    if ('why' in paying) note(reading.notes, 'undecided', row.pointer, paying.why, { kind: 'connection', name: row.name })
    else
      for (const field of ['name', 'provider'])
        note(reading.notes, 'keep', child(row.pointer, field), 'row', { kind: 'connection', name: row.name })
  }
}

function byRow(reading: Reading, row: SourceRow): Paying | Unpaid {
  const known = reading.paying.get(row.name)
  if (known !== undefined) return known
  const at = (field: string) => child(row.pointer, field)
  const auth = at('auth')
  if (row.provider === customEndpoint || (row.baseUrl !== undefined && vendorOf(row.provider)?.local === true))
    return atEndpoint(reading, row)
  const vendor = vendorOf(row.provider)
  if (vendor === undefined) return { why: 'provider_unknown' }
  if (row.baseUrl !== undefined) return { why: 'base_url_of_a_vendor' }
  if (row.auth === 'api_key' && !vendor.local) return own(reading, vendor, row.name, child(auth, 'type'), 'row', row)
  if (row.auth === 'platform' && !vendor.local) return platform(reading, vendor, child(auth, 'type'), 'row', row.name)
  if (row.auth === 'none' && vendor.local)
    return made(reading, row.name, vendor.provider, 'none', keyless(child(auth, 'type')), row.pointer)
  if (row.auth === 'oauth_subscription' && !vendor.local)
    return made(reading, row.name, vendor.provider, 'subscription', subscriptionCells(row.name, child(auth, 'type')), row.pointer)
  return { why: 'auth_not_for_this_provider' }
}

/** An endpoint of the user's own: a provider by itself, under the row's name. */
function atEndpoint(reading: Reading, row: SourceRow): Paying | Unpaid {
  const place = child(row.pointer, 'base_url')
  if (row.baseUrl === undefined) return { why: 'no_base_url' }
  if (row.auth === 'platform' || row.auth === 'oauth_subscription') return { why: 'auth_not_for_this_provider' }
  const endpoint = endpointOf(row.baseUrl)
  if (typeof endpoint === 'string') return { why: endpoint }
  if (row.auth === 'none' && endpoint.network === 'public') return { why: 'keyless_in_public' }
  const there = reading.providers.get(row.name)
  if (there !== undefined && (there.network === 'public') !== (endpoint.network === 'public')) return { why: 'name_taken' }
  want(reading.notes, {
    kind: 'provider',
    name: row.name,
    pointer: row.pointer,
    cells: {
      contract: derived('openai-chat', child(row.pointer, 'provider'), 'compatible_endpoint'),
      base_url: cell(row.baseUrl, place, 'row'),
      network: derived(endpoint.network, place, 'by_address'),
      network_cidrs: derived(endpoint.cidrs, place, 'by_address'),
    },
  })
  const type = child(child(row.pointer, 'auth'), 'type')
  const cells = row.auth === 'none' ? keyless(type) : ownCells(reading, row.name, row.name, type, 'row', row)
  return made(reading, row.name, row.name, row.auth === 'none' ? 'none' : 'own', cells, row.pointer, endpoint.network !== 'public')
}

function onMachine(reading: Reading, vendor: Vendor, pointer: string): Paying | Unpaid {
  return made(reading, vendor.connection, vendor.provider, 'none', keyless(pointer), pointer)
}

function keyless(pointer: string): Wanted {
  return { auth: derived({ type: 'none' }, pointer, 'keyless'), billing: derived('none', pointer, 'keyless') }
}

type Wanted = Record<string, Cell>

export function own(reading: Reading, vendor: Vendor, name: string, pointer: string, rule: string, row?: SourceRow): Paying | Unpaid {
  return made(reading, name, vendor.provider, 'own', ownCells(reading, name, vendor.provider, pointer, rule, row), row?.pointer ?? pointer)
}

/** Each connection has a credential of its own, even where the source's rows shared one. */
function ownCells(reading: Reading, name: string, provider: string, pointer: string, rule: string, row?: SourceRow): Wanted {
  const found = apiKeyOf(reading, name)
  const service = row?.credential === undefined ? `credential/${sourceIdOf(provider)}/api_key` : credentialName(row.credential)
  const presence = reading.credentials?.get(service) ?? 'unknown'
  const place = row?.credential === undefined ? pointer : child(child(row.pointer, 'auth'), 'credential')
  const auth =
    found === undefined || !reading.seals
      ? { ...derived({ type: 'api_key', credential: reference(reading, name) }, place, `secret_${presence}`), soft: true as const }
      : cell({ type: 'api_key', sealed: reading.fingerprint(found.secret) }, found.pointer, 'sealed')
  if (row?.credential !== undefined) note(reading.notes, 'keep', place, `secret_${presence}`, { kind: 'connection', name })
  return { auth, billing: cell('own', pointer, rule) }
}

/** The key in clear that belongs to the vendor's own connection. */
export function apiKeyOf({ config }: Reading, connection: string): { readonly secret: string; readonly pointer: string } | undefined {
  const keys = member(config, 'apiKeys')
  for (const id of Object.keys((keys ?? {}) as object)) {
    const secret = textIn(keys, id)
    const vendor = vendorOf(id)
    if (secret !== undefined && vendor?.connection === connection && !vendor.local) return { secret, pointer: child('/apiKeys', id) }
  }
  return undefined
}

function reference({ connections, paying }: Reading, name: string): string {
  const taken = new Set([...connections.values()].filter((each) => each.name !== name).map(({ auth }) => auth.credential))
  for (const other of paying.keys()) taken.add(variable(other))
  const plain = variable(name)
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? plain : `${plain}_${n}`
    if (!taken.has(candidate)) return candidate
  }
}

function variable(name: string): string {
  return `env:${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_API_KEY`
}

function subscriptionCells(name: string, pointer: string): Wanted {
  const credential = variable(name).replace(/_API_KEY$/, '_TOKEN')
  return {
    auth: { ...derived({ type: 'api_key', credential }, pointer, 'login_needed'), soft: true },
    billing: cell('subscription', pointer, 'subscription'),
    disabled: { ...derived(true, pointer, 'login_needed'), soft: true },
  }
}

/** Out of use until the operator names a platform; its key is never replaced by an own one that happens to be there. */
function platform(reading: Reading, vendor: Vendor, pointer: string, rule: string, called?: string): Paying | Unpaid {
  const { platform: named } = reading
  if (named !== null && called === undefined && named.provider === vendor.provider)
    return made(reading, named.name, vendor.provider, 'platform', { billing: cell('platform', pointer, rule) }, pointer)
  const name = called ?? `${vendor.provider}-platform`
  const contract = reading.providers.get(vendor.provider)?.contract
  const fits = named !== null && named.contract === contract
  if (named !== null && !fits)
    note(reading.notes, 'undecided', `${pointer}#${name}`, 'platform_of_another_contract', { kind: 'connection', name })
  const cells: Wanted = fits
    ? {
        auth: derived(named.auth, pointer, 'platform_named'),
        platform: derived(named.platform, pointer, 'platform_named'),
        disabled: derived(false, pointer, 'platform_named'),
      }
    : {
        auth: { ...derived({ type: 'platform', base_url: null, credential: null }, pointer, 'no_platform_yet'), soft: true },
        disabled: { ...derived(true, pointer, 'no_platform_yet'), soft: true },
      }
  return made(reading, name, vendor.provider, 'platform', { ...cells, billing: cell('platform', pointer, rule) }, pointer)
}

/** The connection, wanted once however many use it. Refused where what was on the user's machine would be elsewhere. */
function made(
  reading: Reading,
  name: string,
  provider: string,
  billing: string,
  cells: Wanted,
  pointer: string,
  here?: boolean,
): Paying | Unpaid {
  const known = reading.paying.get(name)
  if (known !== undefined) return known.provider === provider && known.billing === billing ? known : { why: 'name_taken' }
  const there = reading.providers.get(provider)
  if (there === undefined && here === undefined) return { why: 'provider_absent' }
  const local = here ?? there!.network !== 'public'
  if (billing === 'none' && !local) {
    reading.refusals.push(name)
    note(reading.notes, 'refuse', `${pointer}#${name}`, 'would_leave_the_machine', { kind: 'connection', name })
    return { why: 'would_leave_the_machine' }
  }
  const present = reading.connections.get(name)
  if (present !== undefined && (present.provider !== provider || present.billing !== billing)) return { why: 'name_taken' }
  const paying = { name, provider, billing, local }
  reading.paying.set(name, paying)
  want(reading.notes, { kind: 'connection', name, pointer, cells: { provider: derived(provider, pointer, 'serves'), ...cells } })
  return paying
}

/** The rows as a state document wants them: what it says over what is there, and defaults where a row is new. Names become ids; nothing is judged yet. */

import type { Json } from '../../core/json.ts'
import type { Row } from '../../store/schema.ts'
import { usualBilling } from '../nouns/connection-rules.ts'
import type { Section, StateDocument, StateFault, StateItem } from './document.ts'
import { type Match, matchItems } from './match.ts'
import { isThere, type StateRows } from './rows.ts'

export type Makers = {
  readonly now: number
  newId(): string
  /** A key with a secret that nobody knows. */
  newKey(kind: 'call' | 'admin'): { readonly id: string; readonly secret_hash: string }
}

export type StateAfter = {
  readonly rows: StateRows
  readonly faults: readonly StateFault[]
  readonly warnings: readonly string[]
  /** Where the document speaks of a row, by `section/id`. */
  readonly paths: ReadonlyMap<string, string>
}

export function stateAfter(rows: StateRows, document: StateDocument, prune: boolean, makers: Makers): StateAfter {
  const faults: StateFault[] = []
  const warnings: string[] = []
  const paths = new Map<string, string>()
  const { now } = makers
  const shipped = { is_canonical: false, canonical_revision: null, removed_at: null, created_at: now, updated_at: now }
  const missing = (path: string, field: string): void => void faults.push({ path: `${path}.${field}`, says: 'A new row has to say it.' })

  const matched = <S extends Exclude<Section, 'settings' | 'rates'>, R extends { readonly id: string; readonly name: string }>(
    section: S,
    existing: readonly R[],
    isLive: (row: R) => boolean,
  ): readonly Match<StateItem<S>, R>[] => {
    const found = matchItems(section, (document[section] ?? []) as readonly (StateItem<S> & { name: string })[], existing, isLive)
    faults.push(...found.faults)
    warnings.push(...found.warnings)
    return found.matches
  }

  /** The rows of a section afterwards: those that the document speaks of, and the others, which a prune takes away. */
  const settled = <I extends { readonly id?: string | undefined }, R extends { readonly id: string }>(
    section: Section,
    existing: readonly R[],
    matches: readonly Match<I, R>[],
    columnsOf: (match: Match<I, R>) => object,
    gone: (row: R) => R,
  ): readonly R[] => {
    const fresh = new Map<string, R>()
    for (const match of matches) {
      const row = { ...columnsOf(match) } as R
      fresh.set(row.id, row)
      paths.set(`${section}/${row.id}`, match.path)
    }
    const others = existing.filter(({ id }) => !fresh.has(id))
    return [...(prune && document[section] !== undefined ? others.map(gone) : others), ...fresh.values()]
  }
  const removed = <R extends { readonly removed_at: number | null }>(row: R): R => (isThere(row) ? { ...row, removed_at: now } : row)

  /** The id behind a name, or behind an id where a row is named that way. */
  const idOf = (existing: readonly Removable[], typed: string, path: string, noun: string): string => {
    const row = existing.find((each) => isThere(each) && each.name === typed) ?? existing.find((each) => each.id === typed)
    if (row !== undefined) return row.id
    faults.push({ path, says: `No ${noun} is named "${typed}", here or in the document.` })
    return typed
  }

  const providers = settled(
    'providers',
    rows.providers,
    matched('providers', rows.providers, isThere),
    ({ item, row, path }) => {
      if (row === undefined) for (const field of ['contract', 'base_url'] as const) if (item[field] === undefined) missing(path, field)
      const fresh = { dialect: {}, network: 'public', network_cidrs: null, stops_on_disconnect: null, bills_errors: false, disabled: false }
      return filled(item, row, { ...shipped, ...fresh, contract: '', base_url: '', modality: 'chat' }, makers)
    },
    removed,
  )

  const twins: { readonly path: string; readonly id: string; readonly twin: string | null }[] = []
  const bare = settled(
    'connections',
    rows.connections,
    matched('connections', rows.connections, isThere),
    ({ item: { provider, twin, ...item }, row, path }) => {
      if (row === undefined && provider === undefined) missing(path, 'provider')
      if (row === undefined && item.auth === undefined) missing(path, 'auth')
      const billing = item.auth === undefined ? 'own' : usualBilling[item.auth.type]
      const fresh = {
        auth: null,
        billing,
        platform: null,
        on_abandon: null,
        canonical_equivalent_id: null,
        disabled: false,
        provider_id: '',
      }
      const columns = provider === undefined ? item : { ...item, provider_id: idOf(providers, provider, `${path}.provider`, 'provider') }
      const made = filled(columns, row, { ...shipped, ...fresh }, makers)
      if (twin !== undefined) twins.push({ path, id: made.id, twin })
      return made
    },
    (row) => ({ ...removed(row), canonical_equivalent_id: null }),
  )
  const connections = paired(bare, twins, (typed, path) => idOf(bare, typed, path, 'connection'))

  const profiles = settled(
    'profiles',
    rows.profiles,
    matched('profiles', rows.profiles, isThere),
    ({ item: { provider, connection, max_tokens, ...item }, row, path }) => {
      if (row === undefined && provider === undefined) missing(path, 'provider')
      if (row === undefined && item.model === undefined) missing(path, 'model')
      const empty = { system_prompt: null, temperature: null, max_tokens: null, params: {}, timeouts: {}, strict: false, idempotent: false }
      const fresh = { ...empty, model: '', provider_id: '', connection_id: null, disabled: false }
      const columns = {
        ...item,
        ...(provider === undefined ? {} : { provider_id: idOf(providers, provider, `${path}.provider`, 'provider') }),
        ...(connection === undefined
          ? {}
          : { connection_id: connection && idOf(connections, connection, `${path}.connection`, 'connection') }),
        ...(max_tokens === undefined ? {} : { max_tokens: max_tokens === null ? null : BigInt(max_tokens) }),
      }
      return filled(columns, row, { ...shipped, ...fresh }, makers)
    },
    removed,
  )

  const said = new Map<string, readonly Row<'route_members'>[]>()
  const routes = settled(
    'routes',
    rows.routes,
    matched('routes', rows.routes, isThere),
    ({ item: { members, ...item }, row, path }) => {
      if (row === undefined && members === undefined) missing(path, 'members')
      const made = filled(item, row, { ...shipped, allow_cross: [], disabled: false }, makers)
      const listed = members?.map(({ profile, weight, conditions }, place) => ({
        route_id: made.id,
        position: BigInt(place),
        profile_id: idOf(profiles, profile, `${path}.members.${place}.profile`, 'profile'),
        weight: weight === null ? null : BigInt(weight),
        conditions,
      }))
      if (listed !== undefined) said.set(made.id, listed)
      return made
    },
    removed,
  )
  const members = [...rows.members.filter(({ route_id }) => !said.has(route_id)), ...[...said.values()].flat()]

  const keys = settled(
    'keys',
    rows.keys,
    matched('keys', rows.keys, (row) => row.revoked_at === null),
    ({ item, row, path }) => {
      if (row === undefined && item.kind === undefined) missing(path, 'kind')
      if (row !== undefined && row.revoked_at !== null) faults.push({ path: `${path}.id`, says: 'This key was revoked, and stays so.' })
      const base = { tenant_id: 'default', scopes: {}, expires_at: null, revoked_at: null, created_at: now }
      const unused = { next_hash: null, next_until: null, last_used_at: null }
      if (row !== undefined) return { ...row, ...defined(item), id: row.id }
      warnings.push(
        `The key "${item.name}" is new here and has no secret that anybody knows. Give it one:  purser keys rotate ${item.name}`,
      )
      const minted = makers.newKey(item.kind ?? 'call')
      return { ...base, ...unused, kind: 'call', ...minted, ...defined(item), id: item.id ?? minted.id }
    },
    (row) => (row.revoked_at === null ? { ...row, revoked_at: now, next_hash: null, next_until: null } : row),
  )

  const wanted = new Map((document.settings ?? []).map((item) => [item.name, item.value]))
  if (wanted.size < (document.settings ?? []).length) faults.push({ path: 'settings', says: 'A name stands there twice.' })
  for (const [place, { name }] of (document.settings ?? []).entries()) paths.set(`settings/${name}`, `settings.${place}`)
  const others = rows.settings.filter(({ name }) => !wanted.has(name))
  const settings = [
    ...(prune && document.settings !== undefined ? [] : others),
    ...[...wanted].map(([name, value]) => ({ name, value, updated_at: rows.settings.find((row) => row.name === name)?.updated_at ?? now })),
  ]
  return { rows: { providers, connections, profiles, routes, members, settings, keys }, faults, warnings, paths }
}

type Removable = { readonly id: string; readonly name: string; readonly removed_at: number | null }

/** A row that is there again is not removed any more. */
function filled<R extends Removable>(item: object, row: R | undefined, fresh: object, { newId }: Makers): R {
  const { id, ...columns } = defined(item) as { id?: string }
  return { ...fresh, ...row, ...columns, id: row?.id ?? id ?? newId(), removed_at: null } as unknown as R
}

function defined(item: object): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Readonly<Record<string, Json>>
}

/** Each side as it is said; where only one side is said, the other follows it. */
function paired(
  rows: readonly Row<'connections'>[],
  said: readonly { readonly path: string; readonly id: string; readonly twin: string | null }[],
  idOf: (typed: string, path: string) => string,
): readonly Row<'connections'>[] {
  const wanted = new Map(said.map(({ path, id, twin }) => [id, twin === null ? null : idOf(twin, `${path}.twin`)]))
  const followed = new Map([...wanted].flatMap(([id, twin]) => (twin === null || wanted.has(twin) ? [] : [[twin, id] as const])))
  const there = new Set(rows.filter(isThere).map(({ id }) => id))
  return rows.map((row) => {
    const now = row.canonical_equivalent_id
    const parted = now !== null && (!there.has(now) || (wanted.has(now) && wanted.get(now) !== row.id))
    const twin = wanted.has(row.id) ? wanted.get(row.id)! : (followed.get(row.id) ?? (parted ? null : now))
    return twin === now ? row : { ...row, canonical_equivalent_id: twin }
  })
}

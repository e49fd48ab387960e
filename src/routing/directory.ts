/** The control tables as one immutable snapshot in memory: what dispatch, explain and the pages ask. A row that does not read is set aside by name. */

import type { Kysely } from 'kysely'
import type { z } from 'zod'
import {
  type Connection,
  connection,
  type Key,
  key,
  type Profile,
  type Provider,
  profile,
  provider,
  type Route,
  route,
  routeMember,
} from '../core/nouns.ts'
import { settingOf } from '../core/settings.ts'
import type { RateBook } from '../pricing/book.ts'
import type { Row, Tables } from '../store/schema.ts'
import { readRateBook } from './rates.ts'

export type Quarantined = {
  readonly kind: 'provider' | 'connection' | 'profile' | 'route' | 'key'
  readonly name: string
  readonly reason: string
}

export type Directory = {
  readonly revision: bigint
  /** K: the newest `recorded_at` of the rates in this snapshot. */
  readonly knownAt: number
  /** By name. */
  readonly profiles: ReadonlyMap<string, Profile>
  readonly profilesById: ReadonlyMap<string, Profile>
  /** By name. */
  readonly routes: ReadonlyMap<string, Route>
  readonly providers: ReadonlyMap<string, Provider>
  readonly providersByName: ReadonlyMap<string, Provider>
  readonly connections: ReadonlyMap<string, Connection>
  readonly keys: ReadonlyMap<string, Key>
  readonly book: RateBook
  /** The profile or route that answers for a name that nobody has, where a key has none of its own. */
  readonly defaultName: string | null
  readonly quarantined: readonly Quarantined[]
}

/** Reads one consistent snapshot: if a control write lands while it reads, it reads again. */
export async function readDirectory(read: Kysely<Tables>): Promise<Directory> {
  for (;;) {
    const before = await revisionOf(read)
    const directory = await readOnce(read, before)
    if ((await revisionOf(read)) === before) return directory
  }
}

async function readOnce(read: Kysely<Tables>, revision: bigint): Promise<Directory> {
  const [providerRows, connectionRows, profileRows, routeRows, memberRows, keyRows, settingRows, rates] = await Promise.all([
    read.selectFrom('providers').selectAll().where('removed_at', 'is', null).execute(),
    read.selectFrom('connections').selectAll().where('removed_at', 'is', null).execute(),
    read.selectFrom('model_profiles').selectAll().where('removed_at', 'is', null).execute(),
    read.selectFrom('routes').selectAll().where('removed_at', 'is', null).execute(),
    read.selectFrom('route_members').selectAll().orderBy('position').execute(),
    read.selectFrom('keys').selectAll().execute(),
    read.selectFrom('settings').selectAll().execute(),
    readRateBook(read),
  ])
  const quarantined: Quarantined[] = []
  const providers = sound('provider', provider, providerRows, quarantined)
  const connections = sound('connection', connection, connectionRows, quarantined)
  const profiles = sound('profile', profile, profileRows, quarantined)
  const names = new Set(profileRows.map((row) => row.name))
  const routes = soundRoutes(routeRows, memberRows, names, quarantined)
  const keys = sound('key', key, keyRows, quarantined)
  return {
    revision,
    knownAt: rates.knownAt,
    providers: byId(providers),
    providersByName: new Map(providers.map((row) => [row.name, row])),
    connections: byId(connections),
    profiles: new Map(profiles.map((row) => [row.name, row])),
    profilesById: byId(profiles),
    routes: new Map(routes.map((row) => [row.name, row])),
    keys: byId(keys),
    book: rates.book,
    defaultName: settingOf(settingRows, 'default_profile'),
    quarantined,
  }
}

/** How often the control tables have changed. */
export async function revisionOf(read: Kysely<Tables>): Promise<bigint> {
  const row = await read.selectFrom('revision').select('n').executeTakeFirst()
  return row?.n ?? 0n
}

function sound<T>(
  kind: Quarantined['kind'],
  schema: z.ZodType<T>,
  rows: readonly { readonly name: string }[],
  quarantined: Quarantined[],
): T[] {
  const kept: T[] = []
  for (const row of rows) {
    const read = schema.safeParse(plainNumbers(row))
    if (read.success) kept.push(read.data)
    else
      quarantined.push({
        kind,
        name: row.name,
        reason: read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
      })
  }
  return kept
}

/** Routes with their members. A route whose member does not read is set aside whole: without it the order would be another one. */
function soundRoutes(
  rows: readonly Row<'routes'>[],
  memberRows: readonly Row<'route_members'>[],
  profileNames: ReadonlySet<string>,
  quarantined: Quarantined[],
): Route[] {
  return sound('route', route, rows, quarantined).flatMap((row) => {
    const unread: Quarantined[] = []
    const members = memberRows.filter((member) => member.route_id === row.id).map((member) => ({ ...member, name: row.name }))
    const read = sound('route', routeMember, members, unread)
    if (profileNames.has(row.name)) unread.push({ kind: 'route', name: row.name, reason: 'a profile has this name' })
    quarantined.push(...unread.slice(0, 1))
    return unread.length > 0 ? [] : [{ ...row, members: read }]
  })
}

/** Counts of control rows are small: they are numbers in the nouns and bigint in the tables. */
function plainNumbers(row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, typeof value === 'bigint' ? Number(value) : value]))
}

function byId<T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]))
}

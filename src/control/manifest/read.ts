/** Reads what a merge must know of a database: the rows that a manifest speaks of, their bases, and the record of merges. */

import type { Kysely } from 'kysely'
import { z } from 'zod'
import { at, type Json, type JsonObject } from '../../core/json.ts'
import { settingOf } from '../../core/settings.ts'
import type { Row, Tables } from '../../store/schema.ts'
import { type ControlRows, kinds, type MergeRecord, type Present, type ThingKind, thingsOf } from './items.ts'

/** The row of `canonical_base` that is no base: the record of merges. */
export const recordKey = { kind: 'manifest', row_id: 'manifest' } as const

const recordFields = z.object({
  frozen: z.record(z.string(), z.record(z.string(), z.int())).default({}),
  retired: z.record(z.string(), z.int()).default({}),
})

export async function readPresent(read: Kysely<Tables>): Promise<Present> {
  const [bases, rows, keys, settings] = await Promise.all([
    read.selectFrom('canonical_base').selectAll().execute(),
    readControlRows(read),
    read.selectFrom('keys').select(['name', 'scopes']).where('revoked_at', 'is', null).orderBy('name').execute(),
    read.selectFrom('settings').selectAll().execute(),
  ])
  const record = bases.find(({ kind }) => kind === recordKey.kind)
  return {
    things: thingsOf(rows),
    namedBy: namesIn(keys, settings),
    bases: bases.flatMap(({ kind, row_id, revision, fields }) =>
      isThingKind(kind) ? [{ kind, id: row_id, revision: Number(revision), fields: fields as JsonObject }] : [],
    ),
    record:
      record === undefined
        ? null
        : { revision: Number(record.revision), ...(recordFields.parse(record.fields) as Omit<MergeRecord, 'revision'>) },
  }
}

async function readControlRows(read: Kysely<Tables>): Promise<ControlRows> {
  const [providers, connections, model_profiles, routes, route_members] = await Promise.all([
    read.selectFrom('providers').selectAll().execute(),
    read.selectFrom('connections').selectAll().execute(),
    read.selectFrom('model_profiles').selectAll().execute(),
    read.selectFrom('routes').selectAll().execute(),
    read.selectFrom('route_members').selectAll().execute(),
  ])
  return { providers, connections, model_profiles, routes, route_members }
}

type Settings = readonly Pick<Row<'settings'>, 'name' | 'value' | 'updated_at'>[]

/** What names a profile or route, by that name: call keys and the setting of the default. */
function namesIn(
  keys: readonly { readonly name: string; readonly scopes: Json }[],
  settings: Settings,
): ReadonlyMap<string, readonly string[]> {
  const pairs = keys.flatMap(({ name, scopes }) => {
    const [profiles, usual] = [at(scopes, 'profiles'), at(scopes, 'default')]
    const named = [...(Array.isArray(profiles) ? profiles : []), ...(typeof usual === 'string' ? [usual] : [])] as readonly Json[]
    return named.map((each) => ({ by: `key/${name}`, name: String(each) }))
  })
  const usual = settingOf(settings, 'default_profile')
  const all = [...pairs, ...(typeof usual === 'string' ? [{ by: 'setting/default_profile', name: usual }] : [])]
  return new Map([...Map.groupBy(all, ({ name }) => name)].map(([name, some]) => [name, [...new Set(some.map(({ by }) => by))]]))
}

function isThingKind(kind: string): kind is ThingKind {
  return (kinds as readonly string[]).includes(kind)
}

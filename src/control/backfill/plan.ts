/** The plan of a backfill: from documents, store and catalogue to lines and row changes. It reads nothing and writes nothing. */

import { canonicalJson, type Json, type JsonObject } from '../../core/json.ts'
import { sameValue } from '../merge.ts'
import { type Crossing, crossingsOf } from './boundary.ts'
import { readCallSites, readFeatures } from './call-sites.ts'
import { apiKeyOf, own, wantRows } from './connections.ts'
import { defaultUnit } from './default-unit.ts'
import { type Line, newNotes, note } from './notes.ts'
import { child, member, textIn } from './pointer.ts'
import type { Origin, Present } from './present.ts'
import { type Kept, keptOf, listRest } from './preserve.ts'
import { readPrices } from './prices.ts'
import { readProfiles } from './profiles.ts'
import type { Asked, Platform, Reading } from './reading.ts'
import { readDefault, readMixes } from './routes.ts'
import { type CardChange, type RowChange, settle } from './settle.ts'
import { readCredentials, readSourceRows, rowsDocument } from './source-rows.ts'
import { vendorOf } from './vendors.ts'

export type Documents = { readonly config: JsonObject; readonly connections: Json | null; readonly credentials: Json | null }

export type Around = {
  readonly present: Present
  /** By model: the providers under whom the catalogue lists it. */
  readonly models: Reading['models']
  readonly fingerprint: Reading['fingerprint']
  readonly seals: boolean
}

/** A key in clear that goes to a connection. Where it stands, and never what it is. */
export type Sealing = { readonly connection: string; readonly pointer: string; readonly fingerprint: string }

export type BackfillPlan = {
  readonly lines: readonly Line[]
  readonly rows: readonly RowChange[]
  readonly cards: readonly CardChange[]
  readonly secrets: readonly Sealing[]
  readonly origins: readonly Origin[]
  readonly kept: readonly Kept[]
  readonly undecided: number
  /** One is enough to refuse the whole. */
  readonly crossings: readonly Crossing[]
  /** Nothing is left to do. */
  readonly empty: boolean
}

export function planBackfill(documents: Documents, asked: Asked, around: Around): BackfillPlan {
  const reading = readingOf(documents, asked, around)
  const { notes } = reading
  wantRows(reading)
  readKeys(reading)
  const unit = defaultUnit(reading)
  const bodies = readProfiles(reading, unit)
  const mixes = readMixes(reading, bodies)
  const active = readDefault(reading, unit, bodies, mixes)
  readFeatures(reading, { bodies, mixes, active, unit })
  readCallSites(reading, { bodies, mixes, active, unit })
  readPrices(reading)
  readProviderOrder(reading)
  listRest(notes, documents.config, '')
  if (documents.connections !== null) listRest(notes, documents.connections, rowsDocument)
  const settled = settle(notes.wanted, around.present)
  const mask = (secret: string) => `[secret:${around.fingerprint(secret)}]`
  const texts: (readonly [string, Json])[] = [
    [rowsDocument, documents.connections],
    ['', documents.config],
  ]
  const kept = keptOf(notes, texts, mask)
  const lines = [...notes.lines, ...settled.lines]
  const crossings = [
    ...reading.refusals.map((name): Crossing => ({ name, why: 'locality_would_change' })),
    ...crossingsOf(around.present.things, settled.after),
  ]
  const changes = settled.rows.length + settled.cards.length
  return {
    lines: [...lines, ...crossings.map(refusalLine)],
    rows: settled.rows,
    cards: settled.cards,
    secrets: sealingsOf(settled.rows, reading),
    origins: settled.origins,
    kept,
    undecided: lines.filter(({ action }) => action === 'undecided').length,
    crossings,
    empty: changes === 0 && isSameImport(around.present, settled.origins, kept),
  }
}

function readingOf(
  { config, connections, credentials }: Documents,
  asked: Asked,
  { present, models, fingerprint, seals }: Around,
): Reading {
  const notes = newNotes()
  const standing = present.things.filter(({ removed }) => !removed)
  const of = (kind: string) => standing.filter((each) => each.kind === kind)
  const providers = new Map(
    of('provider').map(({ name, fields }) => [name, { name, contract: String(fields.contract), network: String(fields.network) }] as const),
  )
  const paying = new Map(
    of('connection').map(({ name, fields }) => {
      const { provider, billing, auth, platform } = fields as {
        provider: string
        billing: string
        auth: JsonObject
        platform: string | null
      }
      return [name, { name, provider, billing, auth, platform }] as const
    }),
  )
  const named = asked.platform === null ? undefined : paying.get(asked.platform)
  const platform: Platform | null = named === undefined ? null : { ...named, contract: providers.get(named.provider)?.contract ?? '' }
  return {
    config,
    rows: readSourceRows(connections, notes),
    credentials: readCredentials(credentials),
    asked,
    platform,
    providers,
    connections: paying,
    models,
    fingerprint,
    seals,
    notes,
    paying: new Map(),
    refusals: [],
  }
}

/** Keys in clear go to the own connection of their vendor, whoever pays otherwise. */
function readKeys(reading: Reading): void {
  const { config, notes, seals } = reading
  const keys = member(config, 'apiKeys')
  for (const id of Object.keys((keys ?? {}) as object)) {
    const pointer = child('/apiKeys', id)
    const vendor = vendorOf(id)
    if (textIn(keys, id) === undefined) note(notes, 'skip', pointer, 'says_nothing')
    else if (vendor === undefined || vendor.local) note(notes, 'skip', pointer, 'secret_not_kept')
    else {
      const paying = own(reading, vendor, vendor.connection, pointer, 'key_in_file')
      if ('why' in paying) note(notes, 'undecided', pointer, paying.why, { kind: 'connection', name: vendor.connection })
      else if (!seals || apiKeyOf(reading, vendor.connection)?.pointer !== pointer)
        note(notes, 'undecided', pointer, seals ? 'another_key_wins' : 'vault_absent', { kind: 'connection', name: vendor.connection })
    }
  }
}

/** An order of providers says no model for all but the first: no fallback is made of it. */
function readProviderOrder({ config, notes }: Reading): void {
  const value = member(config, 'providerOrder')
  if (Array.isArray(value) && value.length > 1)
    note(notes, 'undecided', '/providerOrder', 'no_model_for_fallback', { kind: 'route', name: 'default' })
}

function sealingsOf(rows: readonly RowChange[], reading: Reading): readonly Sealing[] {
  return rows.flatMap(({ kind, name, fields }) => {
    const auth = fields.auth as JsonObject | undefined
    const found = kind === 'connection' && typeof auth?.sealed === 'string' ? apiKeyOf(reading, name) : undefined
    return found === undefined ? [] : [{ connection: name, pointer: found.pointer, fingerprint: String(auth!.sealed) }]
  })
}

function refusalLine({ name, why }: Crossing): Line {
  return { action: 'refuse', pointer: '', kind: null, name, field: null, value: null, reason: why, provenance: 'derived', era: 'E1' }
}

/** The same file again says the same of the same rows, and keeps the same. */
function isSameImport({ last }: Present, origins: readonly Origin[], kept: readonly Kept[]): boolean {
  if (last === null) return origins.length === 0 && kept.length === 0
  const sorted = (list: readonly Origin[]) =>
    list
      .map(
        ({ kind, name, field, pointer, era, rule, value }) =>
          JSON.stringify([kind, name, field, pointer, era, rule]) + canonicalJson(value),
      )
      .toSorted()
  const same = sameValue(sorted(origins), sorted(last.origins))
  return same && kept.length === last.kept.size && kept.every(({ pointer, value }) => sameValue(last.kept.get(pointer), value))
}

/** What is wanted against what stands: per field what the last import said, what stands and what the file says now. An operator's edit is never overwritten, and a row of his own is never adopted. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { sameValue, valueAt, verdictOn, withValue } from '../merge.ts'
import type { Action, Cell, Kind, Line, Wanted } from './notes.ts'
import type { LastImport, Origin, Present, Thing } from './present.ts'

export type RowKind = Thing['kind']
export type RowChange = {
  readonly action: 'create' | 'update'
  readonly kind: RowKind
  readonly name: string
  /** Of the row that is there. */
  readonly id: string | null
  /** Whole columns: all of a new row, those that move of another. References by name. */
  readonly fields: JsonObject
  readonly before: JsonObject
}
export type CardChange = { readonly name: string; readonly fields: JsonObject }

export type Settled = {
  readonly rows: readonly RowChange[]
  readonly cards: readonly CardChange[]
  readonly lines: readonly Line[]
  readonly origins: readonly Origin[]
  /** Every thing in use as it will stand, for the check of boundaries. */
  readonly after: readonly Thing[]
}

const order: readonly Kind[] = ['provider', 'connection', 'profile', 'route', 'rate_card']

/** What a column holds where nobody says anything. */
const unsaid: Readonly<Record<RowKind, JsonObject>> = {
  provider: { network_cidrs: null, disabled: false },
  connection: { platform: null, disabled: false },
  profile: { connection: null, max_tokens: null, temperature: null, params: {}, disabled: false },
  route: { disabled: false },
}

/** Fields that decide where a call goes and who pays. No import moves them on a row that stands. */
const guarded: Readonly<Record<RowKind, readonly string[]>> = {
  provider: ['contract', 'base_url', 'network', 'network_cidrs'],
  connection: ['provider', 'billing'],
  profile: [],
  route: [],
}

type Work = {
  readonly present: Present
  readonly standing: Map<string, Thing>
  readonly rows: RowChange[]
  readonly cards: CardChange[]
  readonly lines: Line[]
  readonly origins: Origin[]
  readonly spoken: Set<string>
}

export function settle(wanted: readonly Wanted[], present: Present): Settled {
  const standing = new Map(present.things.filter((each) => !each.removed).map((each) => [keyOf(each), each]))
  const work: Work = { present, standing, rows: [], cards: [], lines: [], origins: [], spoken: new Set() }
  for (const kind of order) for (const each of wanted.filter((row) => row.kind === kind)) settleOne(work, each)
  carryOver(work)
  const lines = work.lines.filter(({ action, reason }) => action === 'update' || reason !== 'status_unsaid')
  return { rows: work.rows, cards: work.cards, lines, origins: work.origins, after: [...work.standing.values()] }
}

function keyOf({ kind, name }: { readonly kind: Kind; readonly name: string }): string {
  return `${kind}/${name}`
}

function settleOne(work: Work, wanted: Wanted): void {
  if (wanted.kind === 'rate_card') return settleCard(work, wanted)
  const row = rowOf(work, wanted)
  if (row === 'removed') return tell(work, wanted, 'skip', 'removed_here')
  const lacks = lacking(work, wanted)
  if (lacks !== undefined) return tell(work, wanted, 'undecided', lacks)
  if (row === undefined) return create(work, wanted as Wanted & { kind: RowKind })
  if (!isOurs(work, wanted) && !row.canonical && !sameAll(row, wanted)) return tell(work, wanted, 'undecided', 'name_taken')
  merge(work, wanted, row)
}

/** The row that an earlier import made under this name, else the one that bears it. */
function rowOf({ present, standing }: Work, wanted: Wanted): Thing | 'removed' | undefined {
  const id = present.last?.rows.get(keyOf(wanted))
  const imported = id === undefined ? undefined : present.things.find((each) => each.id === id && each.kind === wanted.kind)
  if (imported !== undefined && !imported.removed) return standing.get(keyOf(imported))
  const named = standing.get(keyOf(wanted))
  return named === undefined && imported?.removed === true ? 'removed' : named
}

/** What a row refers to must stand, and callers send profiles and routes by one set of names. */
function lacking({ standing }: Work, { kind, name, cells }: Wanted): string | undefined {
  const needs = (target: Kind, value: Json | undefined) =>
    value !== undefined && value !== null && !standing.has(`${target}/${String(value)}`)
  if (kind === 'profile' && standing.has(`route/${name}`)) return 'name_taken'
  if (kind === 'route' && standing.has(`profile/${name}`)) return 'name_taken'
  if ((kind === 'connection' || kind === 'profile') && needs('provider', cells.provider?.value)) return 'provider_not_there'
  if (kind === 'profile' && needs('connection', cells.connection?.value)) return 'connection_not_there'
  if (kind !== 'route') return undefined
  const members = cells.members!.value as unknown as readonly { readonly profile: string }[]
  return members.some(({ profile }) => needs('profile', profile)) ? 'profile_not_there' : undefined
}

function isOurs({ present }: Work, wanted: Wanted): boolean {
  return present.last?.rows.has(keyOf(wanted)) === true
}

function sameAll(row: Thing, { cells }: Wanted): boolean {
  return Object.entries(cells).every(([field, { value, soft }]) => soft === true || sameValue(fieldOf(row.fields, field), value))
}

function create(work: Work, wanted: Wanted & { readonly kind: RowKind }): void {
  const { kind, name, cells } = wanted
  const fields = Object.entries(cells).reduce<JsonObject>((rest, [field, { value }]) => withField(rest, field, value), unsaid[kind])
  work.rows.push({ action: 'create', kind, name, id: null, fields, before: {} })
  work.standing.set(keyOf(wanted), { kind, id: '', name, fields, canonical: false, shipped: null, removed: false, beyond: {} })
  speak(work, wanted)
  for (const [field, each] of Object.entries(cells)) {
    work.lines.push(lineOf(wanted, field, each, 'create', each.rule))
    work.origins.push(originOf(wanted, field, each, each.value))
  }
}

/** All of a wanted row by one reason. Who needs it finds nothing. */
function tell(work: Work, wanted: Wanted, action: 'skip' | 'undecided', reason: string): void {
  work.lines.push({
    action,
    pointer: wanted.pointer,
    kind: wanted.kind,
    name: wanted.name,
    field: null,
    value: null,
    reason,
    provenance: 'derived',
    era: Object.values(wanted.cells)[0]!.era,
  })
  const row = work.standing.get(keyOf(wanted))
  if (reason === 'name_taken' && row !== undefined) work.standing.delete(keyOf(wanted))
  if (row !== undefined && reason === 'name_taken') work.standing.set(`not ours ${keyOf(wanted)}`, row)
}

function speak(work: Work, wanted: Wanted): void {
  work.spoken.add(keyOf(wanted))
  const { pointer, kind, name } = wanted
  work.origins.push({ kind, name, field: 'name', pointer, era: Object.values(wanted.cells)[0]!.era, rule: 'name', value: name })
}

type Field = {
  readonly field: string
  readonly cell: Cell | undefined
  readonly base: Json | undefined
  readonly ours: Json | undefined
  readonly theirs: Json | undefined
}
type Verdict = 'same' | 'take' | 'edited' | 'guarded'

function merge(work: Work, wanted: Wanted, row: Thing): void {
  const kind = wanted.kind as RowKind
  const fields = fieldsOf(work, wanted, row)
  const verdicts = new Map(fields.map((each) => [each.field, verdictOf(kind, each)]))
  if (kind === 'profile') keepUnit(work, fields, verdicts)
  if (fields.some(({ field }) => verdicts.get(field) === 'guarded')) return guard(work, wanted, fields, verdicts)
  const taken = fields.filter(({ field }) => verdicts.get(field) === 'take')
  const fresh = taken.reduce<JsonObject>((rest, { field, theirs }) => withField(rest, field, theirs), row.fields)
  const columns = [...new Set(taken.map(({ field }) => field.split('.')[0]!))]
  const only = (from: JsonObject) => Object.fromEntries(columns.map((column) => [column, from[column] ?? null]))
  if (columns.length > 0) {
    work.rows.push({ action: 'update', kind, name: row.name, id: row.id, fields: only(fresh), before: only(row.fields) })
    work.standing.set(keyOf(row), { ...row, fields: fresh })
  }
  speak(work, wanted)
  for (const each of fields) {
    const verdict = verdicts.get(each.field)!
    const action = verdict === 'take' ? 'update' : 'keep'
    const value = verdict === 'edited' ? each.base : each.theirs
    if (each.cell !== undefined)
      work.lines.push(
        lineOf(
          wanted,
          each.field,
          { ...each.cell, value: each.theirs ?? null },
          action,
          verdict === 'edited' ? 'edited_here' : each.cell.rule,
        ),
      )
    else if (verdict === 'take') work.lines.push(lineOf(wanted, each.field, goneCell(work, wanted, each), 'update', 'gone_from_file'))
    if (each.cell !== undefined && value !== undefined) work.origins.push(originOf(wanted, each.field, each.cell, value))
    else if (each.cell === undefined && verdict === 'edited')
      work.origins.push(originOf(wanted, each.field, goneCell(work, wanted, each), each.base!))
  }
}

/** Provider, payer and model are one unit: where one is the operator's, none is taken. */
function keepUnit({ standing }: Work, fields: readonly Field[], verdicts: Map<string, Verdict>): void {
  const unit = fields.filter(({ field }) => field === 'provider' || field === 'connection')
  const result = (name: string) => {
    const found = unit.find(({ field }) => field === name)
    return found === undefined ? undefined : verdicts.get(name) === 'take' ? found.theirs : found.ours
  }
  const connection = standing.get(`connection/${String(result('connection'))}`)
  if (connection === undefined || sameValue(connection.fields.provider, result('provider'))) return
  for (const { field } of fields.filter((each) => ['provider', 'connection', 'model'].includes(each.field)))
    if (verdicts.get(field) === 'take') verdicts.set(field, 'edited')
}

function fieldsOf(work: Work, wanted: Wanted, row: Thing): readonly Field[] {
  const last = originsOf(work.present.last, wanted)
  const names = new Set([...Object.keys(wanted.cells), ...last.keys()])
  names.delete('name')
  return [...names].map((field) => {
    const cell = wanted.cells[field]
    const ours = fieldOf(row.fields, field)
    const nothing = fieldOf(unsaid[row.kind], field)
    const said = last.get(field)
    const base = last.size === 0 ? shippedField(row, field, ours) : said === undefined ? nothing : said.value
    const theirs = cell === undefined ? nothing : cell.soft === true ? (said?.value ?? ours) : cell.value
    return sealedField({ field, cell, base, ours, theirs })
  })
}

/** A key that the last import sealed is compared by its fingerprint and stands as the reference that it became. */
function sealedField(each: Field): Field {
  const [base, theirs] = [each.base, each.theirs] as (JsonObject | undefined)[]
  if (each.field !== 'auth' || base?.sealed === undefined) return each
  if (theirs?.sealed !== base.sealed) return { ...each, base: { type: 'api_key', credential: base.credential! } }
  const same = { type: 'api_key', credential: base.credential! }
  return sameValue(each.ours, same) ? { ...each, base, ours: base, theirs: base } : { ...each, base, theirs: base }
}

function shippedField(row: Thing, field: string, ours: Json | undefined): Json | undefined {
  const said = row.shipped === null ? undefined : row.shipped[field]
  return said === undefined ? ours : said
}

function verdictOf(kind: RowKind, { field, base, ours, theirs }: Field): Verdict {
  const verdict = verdictOn(base, ours, theirs)
  if (verdict === 'same' || verdict === 'converged') return 'same'
  if (guarded[kind].includes(field)) return 'guarded'
  return verdict === 'take' ? 'take' : 'edited'
}

/** The row stays as it is, and nothing new is bound to it. */
function guard(work: Work, wanted: Wanted, fields: readonly Field[], verdicts: ReadonlyMap<string, Verdict>): void {
  for (const { field, cell } of fields) {
    if (cell !== undefined)
      work.lines.push(lineOf(wanted, field, cell, verdicts.get(field) === 'guarded' ? 'undecided' : 'keep', 'guarded'))
  }
  const row = work.standing.get(keyOf(wanted))
  work.standing.delete(keyOf(wanted))
  if (row !== undefined) work.standing.set(`not ours ${keyOf(wanted)}`, row)
}

function originsOf(last: LastImport | null, wanted: Wanted): ReadonlyMap<string, Origin> {
  const found = last?.origins.filter(({ kind, name }) => kind === wanted.kind && name === wanted.name) ?? []
  return new Map(found.map((each) => [each.field, each]))
}

function goneCell({ present }: Work, wanted: Wanted, { field, theirs }: Field): Cell {
  const said = originsOf(present.last, wanted).get(field)!
  return { value: theirs ?? null, pointer: said.pointer, rule: said.rule, provenance: 'derived', era: said.era as Cell['era'] }
}

/** Cards are never changed: another price is another card, from now on. */
function settleCard(work: Work, wanted: Wanted): void {
  const { cells } = wanted
  if (!work.standing.has(`provider/${String(cells.provider!.value)}`)) return tell(work, wanted, 'undecided', 'provider_not_there')
  const last = originsOf(work.present.last, wanted)
  const isSame = last.size > 0 && Object.entries(cells).every(([field, { value }]) => sameValue(last.get(field)?.value, value))
  if (!isSame)
    work.cards.push({ name: wanted.name, fields: Object.fromEntries(Object.entries(cells).map(([field, { value }]) => [field, value])) })
  speak(work, wanted)
  for (const [field, each] of Object.entries(cells)) {
    work.lines.push(lineOf(wanted, field, each, isSame ? 'keep' : 'create', each.rule))
    work.origins.push(originOf(wanted, field, each, each.value))
  }
}

/** What an earlier import made and this file no longer speaks of stays, and so does where it came from. */
function carryOver(work: Work): void {
  const told = new Set<string>()
  for (const origin of work.present.last?.origins ?? []) {
    const key = keyOf(origin)
    if (work.spoken.has(key)) continue
    work.origins.push(origin)
    if (told.has(key)) continue
    told.add(key)
    work.lines.push({
      action: 'keep',
      pointer: origin.pointer,
      kind: origin.kind,
      name: origin.name,
      field: null,
      value: null,
      reason: 'gone_from_file',
      provenance: 'derived',
      era: origin.era as Line['era'],
    })
  }
}

function lineOf({ kind, name }: Wanted, field: string, { value, pointer, provenance, era }: Cell, action: Action, reason: string): Line {
  return { action, pointer, kind, name, field, value, reason, provenance, era }
}

function originOf({ kind, name }: Wanted, field: string, { pointer, era, rule, provenance }: Cell, value: Json): Origin {
  return { kind, name, field, pointer, era, rule: provenance === 'injected' ? `${rule} (injected)` : rule, value }
}

/** The value of a flat field: `params.effort` is a part of the column `params`. */
function fieldOf(fields: JsonObject, field: string): Json | undefined {
  return valueAt(fields, field.split('.'))
}

/** The fields with another value at a flat field; undefined takes it out, with objects inside a column that are empty then. */
function withField(fields: JsonObject, field: string, value: Json | undefined): JsonObject {
  const path = field.split('.')
  const fresh = withValue(fields, path, value)
  const around = path.slice(0, -1)
  const left = valueAt(fresh, around)
  const isBare = around.length > 1 && isObject(left) && Object.keys(left).length === 0
  return isBare ? withField(fresh, around.join('.'), undefined) : fresh
}

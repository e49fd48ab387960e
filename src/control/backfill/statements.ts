/** A plan as statements of one batch: rows, members, sealed keys, cards, and the record of the import itself. */

import type { JsonObject } from '../../core/json.ts'
import { originOf } from '../../net/destination.ts'
import type { Row } from '../../store/schema.ts'
import type { ControlStatement } from '../../store/store.ts'
import type { Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { type NewCard, priceColumns, rateStatements } from '../rates/rate-statements.ts'
import { insertRows, tableOf, updateRow } from '../row-statements.ts'
import { columnsOf, membersOf, namesIn, unitIn } from './columns.ts'
import type { BackfillPlan, Sealing } from './plan.ts'
import { type Present, unspoken } from './present.ts'
import { cardSource } from './prices.ts'
import { sealerOf } from './sealing.ts'
import type { CardChange, RowChange, RowKind } from './settle.ts'

export type Body = Pick<BackfillPlan, 'rows' | 'cards' | 'secrets' | 'origins' | 'kept'>

/** What undo needs to know of a row: as it was written, and what stood there before. References by name, and in `refs` whose names these were: `kind/name` to id. */
export type Written = {
  readonly kind: RowKind
  readonly id: string
  readonly name: string
  readonly before: JsonObject | null
  readonly after: JsonObject
  readonly refs: Readonly<Record<string, string>>
  /** Of a profile: provider, payer and model as they stood then. They are taken back together or not at all. */
  readonly unit: JsonObject
}

export type Applied = {
  readonly statements: readonly ControlStatement[]
  readonly touched: readonly Touched[]
  readonly written: readonly Written[]
  readonly cards: readonly string[]
  readonly secrets: readonly string[]
}

type Naming = { idOf(kind: string, name: string): string; readonly sealed: ReadonlyMap<string, string> }

/** `secretAt` gives the key at a pointer of the file. */
export function statementsOf(
  context: OperationContext,
  importId: string,
  body: Body,
  present: Present,
  secretAt: (sealing: Sealing) => string,
): Applied {
  const naming = namingOf(context, body, present)
  const standing = new Map(present.things.filter(({ removed }) => !removed).map((each) => [each.id, each.fields]))
  const rows = body.rows.map((row) => rowStatements(context, naming, row, standing.get(row.id ?? '') ?? {}))
  const sealed = body.secrets.map((each) => sealing(context, naming, body, present, each, secretAt(each)))
  const cards = body.cards.map((card) => newCard(context, naming, importId, card))
  const cardIds = new Map(body.cards.map((card, index) => [card.name, cards[index]!.id]))
  return {
    statements: [
      ...insertRows(context.store.read, 'sealed_secrets', sealed),
      ...rows.flatMap(({ statements }) => statements),
      ...rateStatements(context.store.read, context.ids, cards),
      ...provenanceStatements(context, naming, importId, body, present, cardIds),
    ],
    touched: [
      ...rows.map(({ touched }) => touched),
      ...cards.map(
        ({ components: _none, ...card }): Touched => ({
          kind: 'rate_card',
          id: card.id,
          name: card.model,
          before: {},
          after: shownCard(card),
        }),
      ),
    ],
    written: rows.map(({ written }) => written),
    cards: cards.map(({ id }) => id),
    secrets: sealed.map(({ id }) => id),
  }
}

function namingOf(context: OperationContext, body: Body, present: Present): Naming {
  const ids = new Map(present.things.filter(({ removed }) => !removed).map(({ kind, name, id }) => [`${kind}/${name}`, id]))
  for (const { kind, name, id } of body.rows) ids.set(`${kind}/${name}`, id ?? context.ids())
  return {
    idOf: (kind, name) => ids.get(`${kind}/${name}`)!,
    sealed: new Map(body.secrets.map((each) => [each.connection, context.ids()])),
  }
}

function rowStatements(context: OperationContext, naming: Naming, change: RowChange, standing: JsonObject) {
  const { kind, name, action } = change
  const id = naming.idOf(kind, name)
  const fields = withSealed(naming, change)
  const { read } = context.store
  const now = context.clock.now()
  const columns = columnsOf(naming.idOf, kind, fields)
  const members = membersOf(context, naming.idOf, id, fields, action === 'update')
  const fresh = {
    id,
    name,
    ...unspoken[kind],
    ...columns,
    is_canonical: false,
    canonical_revision: null,
    removed_at: null,
    created_at: now,
    updated_at: now,
  }
  const statements =
    action === 'create'
      ? [...insertRows(read, tableOf[kind], [fresh] as never), ...members]
      : [updateRow(read, tableOf[kind], id, { ...columns, updated_at: now } as never), ...members]
  const touched: Touched = { kind, id, name, before: action === 'create' ? {} : change.before, after: fields }
  const unit = kind === 'profile' ? unitIn({ ...standing, ...fields }) : {}
  const refs = Object.fromEntries(
    [change.before, fields, unit].flatMap(namesIn).map(([of, called]) => [`${of}/${called}`, naming.idOf(of, called)]),
  )
  const written: Written = { kind, id, name, before: action === 'create' ? null : change.before, after: fields, refs, unit }
  return { statements, touched, written }
}

/** A sealed key stands as the reference that it becomes. */
function withSealed({ sealed }: Naming, { kind, name, fields }: RowChange): JsonObject {
  const id = kind === 'connection' ? sealed.get(name) : undefined
  return id === undefined ? fields : { ...fields, auth: { type: 'api_key', credential: `sealed:${id}` } }
}

/** Bound to the address of the connection's own provider, and to no other. */
function sealing(
  context: OperationContext,
  naming: Naming,
  body: Body,
  present: Present,
  { connection }: Sealing,
  value: string,
): Row<'sealed_secrets'> {
  const fields = (kind: string, name: string): JsonObject => ({
    ...present.things.find((each) => each.kind === kind && each.name === name && !each.removed)?.fields,
    ...body.rows.find((each) => each.kind === kind && each.name === name)?.fields,
  })
  const provider = fields('provider', String(fields('connection', connection).provider))
  const now = context.clock.now()
  const row = sealerOf(context)!({ id: naming.sealed.get(connection)!, origin: originOf(String(provider.base_url)), value })
  return { ...row, created_at: now, rotated_at: now }
}

function newCard(context: OperationContext, naming: Naming, importId: string, { fields, name }: CardChange): NewCard {
  const { provider, model, match_mode, input, output } = fields as Readonly<Record<string, string>>
  return {
    id: context.ids(),
    provider_id: naming.idOf('provider', provider!),
    connection_id: null,
    model: model!,
    match_mode: match_mode!,
    ...priceColumns({
      input_token_cost_per_1m: input!,
      output_token_cost_per_1m: output!,
      cache_write_cost_per_1m: null,
      cache_read_cost_per_1m: null,
    }),
    currency: 'USD',
    effective_from: context.clock.now(),
    revision: 0n,
    source: match_mode === 'exact' ? cardSource : 'user_override',
    source_ref: { import: importId, override: name },
    components: [],
  }
}

function shownCard({ provider_id, model, match_mode, effective_from, source }: Omit<NewCard, 'components'>): JsonObject {
  return { provider_id, model, match_mode, effective_from, source }
}

function provenanceStatements(
  { store }: OperationContext,
  naming: Naming,
  importId: string,
  { origins, kept }: Body,
  { last }: Present,
  cardIds: ReadonlyMap<string, string>,
): readonly ControlStatement[] {
  const rowId = (kind: string, name: string) =>
    (kind === 'rate_card' ? cardIds.get(name) : undefined) ?? last?.rows.get(`${kind}/${name}`) ?? naming.idOf(kind, name)
  const rows = origins.map(({ kind, name, value, ...origin }) => {
    const sealed = kind === 'connection' && origin.field === 'auth' ? naming.sealed.get(name) : undefined
    const said = sealed === undefined ? value : { ...(value as JsonObject), credential: `sealed:${sealed}` }
    return { import_id: importId, kind, row_id: rowId(kind, name), ...origin, value: said }
  })
  return [
    ...insertRows(store.read, 'provenance', rows),
    ...insertRows(
      store.read,
      'preserved',
      kept.map(({ pointer, value }) => ({ import_id: importId, pointer, value })),
    ),
  ]
}

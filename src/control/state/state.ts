/** The operations on the control state as one document: written out, compared with what is there, and made so in one batch. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { hashSecret, mintKey } from '../../core/keys.ts'
import { json } from '../../core/nouns.ts'
import { revisionOf } from '../../routing/directory.ts'
import type { Store } from '../../store/store.ts'
import { change } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { documentFormat } from '../fields.ts'
import { operation } from '../operation.ts'
import { redacted } from '../redacted.ts'
import { requireScope, type Scope } from '../scopes.ts'
import { strandedSecrets } from '../secrets/stranded.ts'
import { refuseReserved, refuseUnstorable } from '../storable.ts'
import { type StateAfter, stateAfter } from './after.ts'
import { actions, changesBetween, type StateChange, statementsOf, touchedBy } from './changes.ts'
import { faultsOfState } from './check.ts'
import { readDocument, type StateFault } from './document.ts'
import { notApplied, readPreserved } from './preserved.ts'
import { planRates, type RatePlan, readRateState, showRates } from './rates.ts'
import { inOrder, readStateRows, type StateRows, showState } from './rows.ts'
import { printState, readState, stateFormats } from './text.ts'

const document = z
  .string()
  .min(1)
  .max(4_000_000)
  .meta({ format: documentFormat })
  .describe('The state as `export` writes it, TOML or JSON. What it does not say stays.')
const prune = z
  .boolean()
  .default(false)
  .describe('Take away what a section of the document does not name. A section that is not there takes nothing away.')

const line = z.object({
  action: z.enum(actions),
  kind: z.string(),
  name: z.string(),
  fields: z.array(z.string()).describe('The fields that move.'),
  before: json,
  after: json,
})

const columns = [
  { field: 'action', title: 'ACTION' },
  { field: 'kind', title: 'KIND' },
  { field: 'name', title: 'NAME', show: 'whole' },
  { field: 'fields', title: 'FIELDS' },
] as const

export const stateExport = operation({
  name: 'export',
  summary:
    'Write the whole control state as one document: providers, connections, profiles, routes, settings, keys, own rate cards, and what backfills kept of their files. Secrets as references alone.',
  scope: 'keys:write',
  effect: 'read',
  positional: [],
  input: z.strictObject({ format: z.enum(stateFormats).default('toml').describe('How it is written.') }),
  output: z.object({ document: z.string(), config_revision: z.int() }),
  columns: [],
  example: 'purser export > purser-state.toml',
  async run({ store }, { format }) {
    const { rows, rates, preserved, revision } = await readAtOneRevision(store.read)
    const whole = {
      ...showState(rows),
      rates: showRates(rates, rows).map((each) => inOrder(each as unknown as JsonObject)),
      preserved: preserved.map((each) => inOrder(each)),
    }
    return { document: printState(whole, format), config_revision: Number(revision) }
  },
})

export const stateDiff = operation({
  name: 'diff',
  summary: 'Show what applying a state document would change.',
  scope: 'keys:write',
  effect: 'read',
  takesDocument: true,
  positional: [],
  flags: { file: 'document' },
  input: z.strictObject({ document, prune }),
  output: z.object({ items: z.array(line), next: z.null(), warnings: z.array(z.string()) }),
  columns,
  example: 'purser diff -f purser-state.toml',
  async run(context, input) {
    const { changes, warnings } = await planState(context, input.document, input.prune)
    return { items: changes.map(showChange), next: null, warnings: [...warnings] }
  },
})

export const stateApply = change({
  name: 'apply',
  summary: 'Make the control state what a document says, all of it in one transaction or none.',
  scope: 'providers:write',
  effect: 'write',
  takesDocument: true,
  positional: [],
  flags: { file: 'document' },
  input: z.strictObject({ document, prune }),
  output: z.object({ items: z.array(line), next: z.null() }),
  columns,
  example: 'purser apply -f purser-state.toml --dry-run',
  async plan(context, input) {
    const { before, after, changes, warnings, rates } = await planState(context, input.document, input.prune)
    for (const kind of new Set(changes.map((each) => each.kind))) requireScope(context.actor, scopeOf[kind] ?? 'system', 'apply')
    return {
      statements: [
        ...statementsOf(context.store.read, before, after, changes, context.clock.now()),
        ...rates.statements(context.store.read),
      ],
      ...(rates.changes.length === 0 ? {} : { rates: { source: 'user_override', actor: context.actor.name, note: 'apply' } }),
      touched: touchedBy(changes),
      warnings,
      answer: () => ({ items: changes.map(showChange), next: null }),
    }
  },
})

/** What applying takes beside its own scope. */
const scopeOf: Readonly<Record<string, Scope>> = {
  provider: 'providers:write',
  connection: 'providers:write',
  profile: 'providers:write',
  route: 'providers:write',
  key: 'keys:write',
  setting: 'system',
  rate_card: 'rates:write',
}

/** All of it as it stood at one revision: if a change lands while it is read, it is read again. */
async function readAtOneRevision(read: Store['read']) {
  for (;;) {
    const revision = await revisionOf(read)
    const [rows, rates, preserved] = await Promise.all([readStateRows(read), readRateState(read), readPreserved(read)])
    if ((await revisionOf(read)) === revision) return { rows, rates, preserved, revision }
  }
}

type Planned = {
  readonly before: StateRows
  readonly after: StateRows
  readonly changes: readonly StateChange[]
  readonly warnings: readonly string[]
  readonly rates: RatePlan
}

async function planState(context: OperationContext, text: string, prune: boolean): Promise<Planned> {
  const value = readState(text)
  // What an escape stands for is looked at too.
  refuseReserved(value)
  refuseUnstorable({ document: value })
  refuseReserved(value)
  const { document: said, faults: unread } = readDocument(value)
  const before = await readStateRows(context.store.read)
  const now = context.clock.now()
  const wanted: StateAfter = stateAfter(before, said, prune, {
    now,
    newId: context.ids,
    newKey(kind) {
      const { id, secret } = mintKey(kind, context.random)
      return { id, secret_hash: hashSecret(context.pepper(), secret) }
    },
  })
  const rates = planRates(said.rates ?? [], await readRateState(context.store.read), wanted.rows, context.ids)
  const faults = [...unread, ...wanted.faults, ...rates.faults]
  // Rows that could not be made would only be found wrong once more.
  if (faults.length > 0) throw refused(faults)
  const unsound = faultsOfState({ before, after: wanted.rows, paths: wanted.paths, actor: context.actor, now })
  if (unsound.length > 0) throw refused(unsound)
  const moving = before.providers.map(async (row) =>
    strandedSecrets(context, row, wanted.rows.providers.find(({ id, removed_at }) => id === row.id && removed_at === null)?.base_url),
  )
  return {
    before,
    after: wanted.rows,
    changes: [...changesBetween(before, wanted.rows), ...rates.changes],
    warnings: [
      ...wanted.warnings,
      ...rates.warnings,
      ...(await Promise.all(moving)).flat(),
      ...notApplied(said.preserved, await readPreserved(context.store.read)),
    ],
    rates,
  }
}

const mostFaults = 20

function refused(faults: readonly StateFault[]): PurserError {
  const listed = faults.slice(0, mostFaults).map(({ path, says }) => `${path}: ${says}`)
  const more = faults.length > mostFaults ? ` And ${faults.length - mostFaults} more.` : ''
  const many = faults.length === 1 ? 'one fault' : `${faults.length} faults`
  return new PurserError('invalid_request', `The document has ${many}, so none of it can be applied. ${listed.join(' ')}${more}`, {
    code: 'document_unsound',
    field: 'document',
    details: { faults: faults.map(({ path, says }) => ({ path, says })) },
  })
}

function showChange({ action, kind, name, before, after }: StateChange): z.output<typeof line> {
  const [old, fresh] = [redacted(before), redacted(after)]
  const fields = Object.keys(action === 'create' ? {} : after)
  return { action, kind, name, fields, before: old, after: fresh }
}

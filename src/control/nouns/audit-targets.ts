/** What the rows of the audit log are about: ids there, names for whoever reads it. */

import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'

type Target = { readonly id: string; readonly name: string }

/** The names of those targets, removed things too. */
export async function readTargetNames(context: OperationContext, rows: readonly Row<'audit_log'>[]): Promise<ReadonlyMap<string, string>> {
  const cards = [...new Set(rows.filter((row) => row.target_kind === 'rate_card').map((row) => row.target_id))]
  const [things, models] = await Promise.all([
    everything(context),
    cards.length === 0
      ? []
      : context.store.read.selectFrom('rate_cards').select(['id', 'model as name']).where('id', 'in', cards).execute(),
  ])
  const settings = rows.filter((row) => row.target_kind === 'setting').map((row) => ({ id: row.target_id, name: row.target_id }))
  return new Map([...things, ...models, ...settings].map(({ id, name }) => [id, name]))
}

/** The ids of all that has, or had, this name, of the rate cards of a model, and the name itself: it may be an id. */
export async function targetsNamed(context: OperationContext, typed: string): Promise<readonly string[]> {
  const [things, cards] = await Promise.all([
    everything(context),
    context.store.read.selectFrom('rate_cards').select('id').where('model', '=', typed).execute(),
  ])
  return [typed, ...things.filter((thing) => thing.name === typed).map((thing) => thing.id), ...cards.map((card) => card.id)]
}

async function everything({ store }: OperationContext): Promise<readonly Target[]> {
  const tables = ['providers', 'connections', 'model_profiles', 'routes', 'keys'] as const
  const lists = await Promise.all(tables.map((table) => store.read.selectFrom(table).select(['id', 'name']).execute()))
  return lists.flat()
}

/** The operation on usage: money, attempts and tokens, summed by what the operator asks for. Currencies are never added to each other. */

import { z } from 'zod'
import { printAmount } from '../../pricing/money.ts'
import type { Store } from '../../store/store.ts'
import { instant, printInstant } from '../instant.ts'
import { operation } from '../operation.ts'
import { countAttempts, type Group, groups, sumMoney, sumTokens, type UsageFilter } from './usage-sums.ts'

const money = z.object({
  currency: z.string(),
  charged: z.string(),
  shadow: z.string().describe('List price of what a subscription included.'),
})
const tokens = z.record(z.string(), z.string()).describe('Quantities by meter.')

const item = z.object({
  group: z
    .record(z.string(), z.string().nullable())
    .describe('The values that this line stands for, by what was grouped by. Beside `key`, its id, stands `key_name`.'),
  attempts: z.int(),
  priced: z.int(),
  partially_priced: z.int(),
  unpriced: z.int(),
  included: z.int(),
  open: z.int().describe('Attempts not settled yet.'),
  money: z.array(money).describe('One entry a currency.'),
  tokens,
  unpriced_tokens: tokens.describe('What attempts without a full price used: not in `money`.'),
})

export const usageTotals = operation({
  name: 'usage.totals',
  summary: 'Sum money, attempts and tokens. Days are UTC. Unpriced usage is counted beside the money, never as 0.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({
    by: z
      .array(z.enum(Object.keys(groups) as [Group, ...Group[]]))
      .max(4)
      .default(['day', 'model'])
      .describe('What to group by.'),
    since: instant.optional().describe('Only attempts from this instant on.'),
    until: instant.optional().describe('Only attempts before this instant.'),
    provider: z.string().optional().describe('Only this provider, by name.'),
    profile: z.string().optional().describe('Only this profile, by name.'),
    model: z.string().optional().describe("Only this model, by the provider's id."),
    key: z.string().optional().describe('Only this key, by name or id.'),
  }),
  output: z.object({ items: z.array(item), next: z.null() }),
  columns: [
    { field: 'group', title: 'GROUP' },
    { field: 'attempts', title: 'ATTEMPTS', show: 'right' },
    { field: 'unpriced', title: 'UNPRICED', show: 'right' },
    { field: 'tokens.input_tokens', title: 'INPUT', show: 'right' },
    { field: 'tokens.output_tokens', title: 'OUTPUT', show: 'right' },
    { field: 'money', title: 'CHARGED', show: 'right' },
  ],
  example: 'purser usage --by day --by model',
  async run({ store }, { by, ...asked }) {
    const filter: UsageFilter = asked
    const items = new Map<string, z.output<typeof item>>()
    const names = by.includes('key') ? await readKeyNames(store) : new Map<string | null, string>()
    const itemOf = (values: readonly (string | null)[]) => {
      const key = JSON.stringify(values)
      const known = items.get(key)
      if (known !== undefined) return known
      const group = Object.fromEntries(by.flatMap((name, place) => shownValues(name, values[place] ?? null, names)))
      const counts = { attempts: 0, priced: 0, partially_priced: 0, unpriced: 0, included: 0, open: 0 }
      const fresh: z.output<typeof item> = { group, ...counts, money: [], tokens: {}, unpriced_tokens: {} }
      items.set(key, fresh)
      return fresh
    }
    for (const row of await countAttempts(store, by, filter)) {
      const found = itemOf(row.values)
      found.attempts += row.count
      found[row.status] += row.count
    }
    for (const row of await sumMoney(store, by, filter)) {
      itemOf(row.values).money.push({ currency: row.currency, charged: printAmount(row.charged), shadow: printAmount(row.shadow) })
    }
    for (const row of await sumTokens(store, by, filter)) {
      const found = itemOf(row.values)
      add(found.tokens, row.meter, row.quantity)
      if (row.status === 'unpriced' || row.status === 'partially_priced') add(found.unpriced_tokens, row.meter, row.quantity)
    }
    return { items: [...items.values()], next: null }
  },
})

type Named = readonly [name: string, value: string | null]

function shownValues(name: Group, value: string | null, keyNames: ReadonlyMap<string | null, string>): readonly Named[] {
  if (name === 'key') {
    return [
      [name, value],
      ['key_name', keyNames.get(value) ?? null],
    ]
  }
  return [[name, name === 'day' && value !== null ? printInstant(Number(value) * 86_400_000).slice(0, 10) : value]]
}

async function readKeyNames(store: Store): Promise<ReadonlyMap<string | null, string>> {
  const keys = await store.read.selectFrom('keys').select(['id', 'name']).execute()
  return new Map(keys.map(({ id, name }) => [id, name]))
}

function add(quantities: Record<string, string>, meter: string, quantity: bigint): void {
  quantities[meter] = (BigInt(quantities[meter] ?? '0') + quantity).toString()
}

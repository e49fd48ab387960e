/** Settled attempts with all that pricing them anew needs, one page after another. */

import { contractOf } from '../../contracts/index.ts'
import type { Row } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import type { Settled } from '../derive.ts'
import type { FoundAttempt } from './calls.ts'

const pageSize = 500

/** The region prefixes that each provider's dialect names, by provider id. */
export async function readPrefixes({
  read,
}: Pick<Store, 'read'>): Promise<(providerId: string, model: string) => Readonly<Record<string, string>>> {
  const providers = new Map((await read.selectFrom('providers').selectAll().execute()).map((row) => [row.id, row]))
  return (providerId, model) => {
    const provider = providers.get(providerId)
    try {
      return (provider && contractOf(provider.contract)?.codec(provider.dialect, model).modelPrefixes) ?? {}
    } catch {
      // A dialect that does not read names no prefixes; the provider is reported as not callable elsewhere.
      return {}
    }
  }
}

export function settledOf(found: FoundAttempt, prefixes: Readonly<Record<string, string>>): Settled | undefined {
  return found.settlement === undefined
    ? undefined
    : { attempt: found.attempt, settlement: found.settlement, charges: found.charges, prefixes }
}

/** Every settled attempt, by id. */
export async function* allSettled(store: Pick<Store, 'read'>): AsyncGenerator<Settled> {
  const { read } = store
  const prefixesOf = await readPrefixes(store)
  for (let after = ''; ; ) {
    const settlements = await read
      .selectFrom('settlements')
      .selectAll()
      .where('attempt_id', '>', after)
      .orderBy('attempt_id')
      .limit(pageSize)
      .execute()
    if (settlements.length === 0) return
    const ids = settlements.map((row) => row.attempt_id)
    after = ids.at(-1)!
    const attempts = await read.selectFrom('attempts').selectAll().where('id', 'in', ids).execute()
    const charges: readonly Row<'charges'>[] = await read
      .selectFrom('charges')
      .selectAll()
      .where('attempt_id', 'in', ids)
      .orderBy('line_no')
      .execute()
    const attemptOf = new Map(attempts.map((row) => [row.id, row]))
    const chargesOf = Map.groupBy(charges, (row) => row.attempt_id)
    for (const settlement of settlements) {
      const attempt = attemptOf.get(settlement.attempt_id)
      if (attempt !== undefined)
        yield { attempt, settlement, charges: chargesOf.get(attempt.id) ?? [], prefixes: prefixesOf(attempt.provider_id, attempt.model) }
    }
  }
}

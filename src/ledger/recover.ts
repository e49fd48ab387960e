/** Orphans become `unknown` at start: attempts whose process died before it settled them. Never zero, never forgotten. */

import { unknownCharge } from '../pricing/unbilled.ts'
import type { Store } from '../store/store.ts'
import type { Ledger } from './ledger.ts'

/**
 * Settles every open attempt of a dead process. Runs once, before the first call is admitted: the database's lock says that
 * whoever opened them is gone. Returns how many there were.
 */
export async function settleOrphans(store: Store, ledger: Ledger, now: number): Promise<number> {
  const orphans = await store.read
    .selectFrom('open_attempts')
    .innerJoin('attempts', 'attempts.id', 'open_attempts.attempt_id')
    .leftJoin('settlements', 'settlements.attempt_id', 'attempts.id')
    .select(['attempts.id', 'attempts.model', 'attempts.billing', 'attempts.created_at', 'settlements.outcome'])
    .execute()
  const waiting = orphans.filter((orphan) => orphan.outcome === null)
  const settled = waiting.map(
    (orphan) =>
      new Promise<void>((resolve, reject) => {
        ledger.settle(
          {
            attemptId: orphan.id,
            outcome: 'unknown',
            errorKind: null,
            upstreamStatus: null,
            upstreamId: null,
            stopReason: null,
            warnings: [],
            firstByteMs: null,
            durationMs: Math.max(0, now - orphan.created_at),
            responseBytes: 0,
            settledAt: now,
            usage: null,
            rawUsage: null,
            usageSource: 'unknown',
            usageFlags: [],
            priceContext: {},
            requestedModel: orphan.model,
            reportedModel: null,
            charged: unknownCharge(orphan.billing),
          },
          (error) => (error ? reject(error) : resolve()),
        )
      }),
  )
  await Promise.all(settled)
  return waiting.length
}

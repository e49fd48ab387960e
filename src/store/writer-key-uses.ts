/** When keys were last used: a few updates in a transaction of their own, which a later sync covers. What a power cut takes is told again an hour later. */

import { faultOf, storeError } from './faults.ts'
import type { KeyUse } from './store.ts'
import type { WriterEngine } from './writer-engine.ts'

const mostAttempts = 3

/** May be done twice without harm: an hour only ever moves on. */
export async function writeKeyUses(engine: WriterEngine, uses: readonly KeyUse[]): Promise<null> {
  const mark = (position: number) => engine.mark(position)
  const sql = `UPDATE keys SET last_used_at = ${mark(1)} WHERE id = ${mark(2)} AND (last_used_at IS NULL OR last_used_at < ${mark(3)})`
  for (let attempt = 1; ; attempt += 1) {
    try {
      await engine.begin('log')
      for (const { keyId, at } of uses) await engine.run(sql, [at, keyId, at])
      await engine.commit()
      return null
    } catch (error) {
      if (engine.inTransaction()) await engine.rollback()
      const fault = faultOf(error)
      if (fault === 'retry' && attempt < mostAttempts) continue
      if (fault === 'lost' && attempt < mostAttempts && (await engine.reconnect())) continue
      throw storeError(error)
    }
  }
}

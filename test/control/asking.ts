/** Operations asked by their names in a seeded database, and a look at how they refuse. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { OperationContext } from '../../src/control/context.ts'
import { invoke } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { OpenStore } from '../../src/store/database.ts'
import { audited } from '../support/audit.ts'
import { HandClock, openBooks } from './books.ts'

export type Answer = Record<string, unknown>

export type Asking = {
  readonly context: OperationContext
  run(name: string, input: object): Promise<Answer>
  refused(name: string, input: object, field: string | undefined, said: RegExp, kind?: string): Promise<void>
  /** Past every rule. */
  write(sql: string): Promise<unknown>
}

export async function openAsking(
  t: TestContext,
  fresh: (t: TestContext, options: { readonly clock: HandClock }) => Promise<OpenStore>,
): Promise<Asking> {
  const clock = new HandClock()
  const { context } = await openBooks(t, await fresh(t, { clock }), clock)
  const run: Asking['run'] = async (name, input) => (await invoke(operations.find((each) => each.name === name)!, context, input)) as Answer
  return {
    context,
    run,
    refused: (name, input, field, said, kind = 'invalid_request') =>
      assert.rejects(run(name, input), (error) => {
        assert.ok(error instanceof PurserError)
        assert.deepEqual([error.kind, error.field], [kind, field], error.message)
        assert.match(error.message, said)
        return true
      }),
    write: (sql) => context.store.writer.control({ audit: audited(), statements: [{ sql, parameters: [] }] }),
  }
}

/** The law of the writer: whatever is asked, in whatever order and at whatever pace, the tables end with exactly what was answered. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OpenStore } from '../../src/store/open.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { intend, ledgerRows, settle } from './writer-rows-fixture.ts'

type Step =
  | { readonly type: 'intend'; readonly call: number }
  | { readonly type: 'settle'; readonly call: number; readonly outcome: string; readonly lines: number }
  | { readonly type: 'control'; readonly fails: boolean }
  | { readonly type: 'pause' }

const call = fc.nat({ max: 7 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('intend' as const), call }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('settle' as const),
      call,
      outcome: fc.constantFrom('succeeded', 'cut'),
      lines: fc.nat({ max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('control' as const), fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ type: 'pause' as const }) },
)

const numRuns: Record<string, number> = { memory: 120, file: 60, pglite: 25, postgres: 25 }

eachStore((fresh, { name }) => {
  test('any interleaving of intents, settlements and control batches ends with exactly what was answered', async (t) => {
    const store = await fresh(t)
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => follow(store, `run${++run}`, steps)),
      { numRuns: numRuns[name]! },
    )
  })
})

async function follow(store: OpenStore, run: string, steps: readonly Step[]): Promise<void> {
  const { writer } = store
  const rows = ledgerRows(writer)
  const idOf = (number: number) => `${run}-${number}`
  const before = await revisionOf(store)
  const asked: Promise<unknown>[] = []
  const committed = new Set<string>()
  const settled = new Map<string, Set<string>>()
  let batches = 0n
  for (const one of steps) {
    if (one.type === 'pause') await asked.at(-1)
    if (one.type === 'intend') {
      const answers = intend(writer, rows.intent(idOf(one.call)))
      asked.push(
        answers.committed.then(() => committed.add(idOf(one.call))),
        answers.durable,
      )
    }
    if (one.type === 'settle') {
      const id = idOf(one.call)
      const sent = `${one.outcome} ${one.lines}`
      asked.push(
        settle(writer, rows.settlement(id, one.lines, one.outcome)).then(() => settled.set(id, (settled.get(id) ?? new Set()).add(sent))),
      )
    }
    if (one.type === 'control') {
      const expectChanges = one.fails ? 1 : 0
      const batch = writer.control({
        audit: audited(),
        statements: [{ sql: "DELETE FROM providers WHERE id = 'nobody'", parameters: [], expectChanges }],
      })
      asked.push(
        batch.then(
          () => void (batches += 1n),
          () => undefined,
        ),
      )
    }
  }
  await Promise.all(asked)

  const like = `${run}-%`
  const calls = await store.read.selectFrom('calls').select('id').where('id', 'like', like).execute()
  assert.deepEqual(new Set(calls.map(({ id }) => id)), committed)
  const attempts = await store.read.selectFrom('attempts').select('id').where('id', 'like', like).execute()
  assert.equal(attempts.length, committed.size)
  const standing = await store.read.selectFrom('settlements').select(['attempt_id', 'outcome']).where('attempt_id', 'like', like).execute()
  const open = await store.read.selectFrom('open_attempts').select('attempt_id').where('attempt_id', 'like', like).execute()
  assert.deepEqual(
    [...open, ...standing].map(({ attempt_id }) => attempt_id).sort(),
    attempts.map(({ id }) => id).sort(),
    'every attempt is open or settled, and not both',
  )
  const charges = await store.read.selectFrom('charges').select('attempt_id').where('attempt_id', 'like', like).execute()
  const parked = await store.read.selectFrom('parked').select('payload').execute()
  for (const [id, sent] of settled) {
    const row = standing.find(({ attempt_id }) => attempt_id === `${id}.1`)
    const lines = charges.filter(({ attempt_id }) => attempt_id === `${id}.1`).length
    const stands = row === undefined ? undefined : `${row.outcome} ${lines}`
    for (const one of sent) {
      if (one === stands) continue
      const [outcome, count] = one.split(' ')
      const kept = parked.filter(({ payload }) => {
        const [settlement, ...others] = payload as { table: string; row: Record<string, unknown> }[]
        return (
          settlement!.row.attempt_id === `${id}.1` &&
          settlement!.row.outcome === outcome &&
          others.filter(({ table }) => table === 'charges').length === Number(count)
        )
      })
      assert.equal(kept.length, 1, `${one} of ${id} was answered as done and is nowhere`)
    }
  }
  assert.equal((await revisionOf(store)) - before, batches)
}

async function revisionOf(store: OpenStore): Promise<bigint> {
  return (await store.read.selectFrom('revision').select('n').executeTakeFirstOrThrow()).n
}

/** An installation that something moves into: the seeded store, the operations, and its rows as a person reads them. */

import type { TestContext } from 'node:test'
import { readPresent, type Thing } from '../../src/control/backfill/present.ts'
import type { OperationContext } from '../../src/control/context.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { OpenStore } from '../../src/store/database.ts'
import { HandClock, openBooks } from '../control/books.ts'

export type Line = {
  readonly action: string
  readonly pointer: string
  readonly kind: string | null
  readonly name: string | null
  readonly field: string | null
  readonly value: Json
  readonly reason: string
  readonly provenance: string
  readonly era: string
}
export type Plan = {
  readonly plan: string | null
  readonly empty: boolean
  readonly undecided: number
  readonly refused: readonly { readonly name: string; readonly why: string }[]
  readonly secrets: readonly { readonly connection: string; readonly pointer: string; readonly fingerprint: string }[]
  readonly lines: readonly Line[]
}
export type Asked = {
  readonly config: string
  readonly connections?: string
  readonly credentials?: string
  readonly platform?: string
  readonly prefix_prices?: boolean
  readonly leave_undecided?: boolean
}

export type House = {
  readonly context: OperationContext
  readonly clock: HandClock
  run(name: string, input: object): Promise<JsonObject>
  plan(asked: Asked): Promise<Plan>
  /** Plans and applies. */
  move(asked: Asked): Promise<{ readonly planned: Plan; readonly applied: JsonObject | null }>
  things(): Promise<ReadonlyMap<string, Thing>>
}

export async function openHouse(t: TestContext, store: OpenStore): Promise<House> {
  const clock = new HandClock()
  const { context } = await openBooks(t, store, clock)
  return houseOf(context, clock)
}

export function houseOf(context: OperationContext, clock: HandClock): House {
  const run = (name: string, input: object) => invoke(operationNamed(name), context, input) as Promise<JsonObject>
  const plan = (asked: Asked) => run('backfill.plan', asked) as unknown as Promise<Plan>
  return {
    context,
    clock,
    run,
    plan,
    async move(asked) {
      const planned = await plan(asked)
      clock.ms += 1000
      const applied = planned.plan === null ? null : await run('backfill.apply', { plan: planned.plan, config: asked.config })
      clock.ms += 1000
      return { planned, applied }
    },
    things: async () => thingsOf((await readPresent(context.store)).things),
  }
}

export function thingsOf(things: readonly Thing[]): ReadonlyMap<string, Thing> {
  return new Map(things.filter(({ removed }) => !removed).map((each) => [`${each.kind}/${each.name}`, each]))
}

function operationNamed(name: string): Operation {
  return operations.find((each) => each.name === name)!
}

/** What a migration is, and the schema builder it is written with: the only thing a migration may import. */

import { addColumn, createTable, type Guarded } from './ddl.ts'
import type { Engine, Executor } from './engine.ts'
import { triggerFunctions, triggersOf } from './triggers.ts'

export type Migration = {
  /** The file's name. Its number is the order. */
  readonly id: string
  /** `additive`: the release before can serve on the result. */
  readonly effect: 'additive' | 'destructive'
  readonly up: Step
  readonly down: Down
  /** Tables whose rows a plan counts before this step runs, in either direction. */
  readonly touches: readonly string[]
}

/** One kind until a step comes that one transaction cannot hold. */
export type Step = {
  readonly kind: 'atomic'
  /** SQLite only: foreign keys are off while it runs, and all are checked before COMMIT. */
  readonly rebuild?: true
  run(schema: Schema): Promise<void>
}

/** `lossless`: down and up again gives back equal data. `loses` is a sentence for the person who must consent. */
export type Down = { readonly lossless: Step } | { readonly lossy: Step; readonly loses: string } | { readonly none: string }

export type Schema = {
  readonly engine: Engine
  /** One statement that both engines read the same way. */
  exec(sql: string): Promise<void>
  /** A table, one line a column (`name kind …`, kinds printed per engine), then its keys and checks; with the triggers that guard it. */
  createTable(name: string, body: string, guarded?: Guarded): Promise<void>
  /** A further column, as one line of `name kind …`. */
  addColumn(table: string, line: string): Promise<void>
  /** The functions that guarding triggers call: before the first guarded table, and after the last is gone. */
  createTriggerFunctions(): Promise<void>
  dropTriggerFunctions(): Promise<void>
}

export function schemaOn(executor: Pick<Executor, 'engine' | 'exec'>): Schema {
  const { engine } = executor
  const exec = (sql: string) => {
    if (/^\s*(BEGIN|START|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE)\b/i.test(sql)) {
      throw new Error('A migration step runs inside the transaction of its record and may not open or end one.')
    }
    return executor.exec(sql)
  }
  return {
    engine,
    exec,
    async createTable(name, body, guarded = {}) {
      await exec(createTable(engine, name, lines(body), guarded))
      for (const { statements } of triggersOf(engine, name, guarded)) for (const statement of statements) await exec(statement)
    },
    addColumn: (table, line) => exec(addColumn(engine, table, line)),
    async createTriggerFunctions() {
      for (const { statement } of triggerFunctions(engine)) await exec(statement)
    },
    async dropTriggerFunctions() {
      for (const { name } of triggerFunctions(engine)) await exec(`DROP FUNCTION ${name}()`)
    },
  }
}

function lines(body: string): string[] {
  return body
    .split('\n')
    .map((line) => line.trim().replace(/,$/, ''))
    .filter((line) => line !== '')
}

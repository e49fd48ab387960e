/** Faults put into a copy of the code, each to show that a suite can fail: a harness that nothing turns red proves nothing. */

import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './children.ts'

type Edit = { readonly file: string; readonly find: string; readonly replace: string }
type Plant = { readonly breaks: string; readonly edits: readonly Edit[] }

const writerSqlite = 'src/store/writer-sqlite.ts'

export const plants = {
  'no-transaction': {
    breaks: 'a migration step runs statement by statement, without a transaction around it and its record',
    edits: [
      { file: 'src/store/engine.ts', find: 'await statements.exec(begin)', replace: '' },
      { file: 'src/store/engine.ts', find: "await statements.exec('COMMIT')", replace: '' },
    ],
  },
  'synchronous-off': {
    breaks: 'nothing that the writer does is synced',
    edits: [
      { file: writerSqlite, find: 'synchronous = NORMAL; BEGIN', replace: 'synchronous = OFF; BEGIN' },
      { file: writerSqlite, find: 'synchronous = FULL; BEGIN', replace: 'synchronous = OFF; BEGIN' },
    ],
  },
  'settlements-normal': {
    breaks: 'settlements are committed to the log and not synced',
    edits: [{ file: writerSqlite, find: 'synchronous = FULL; BEGIN', replace: 'synchronous = NORMAL; BEGIN' }],
  },
  'no-tick': {
    breaks: 'a batch that settles nothing changes no row, and so syncs nothing for the intents before it',
    edits: [
      {
        file: 'src/store/writer-batch.ts',
        find: 'if (batch.tick !== undefined) await tick',
        replace: 'if (batch.tick === null) await tick',
      },
    ],
  },
  'released-early': {
    breaks: 'the last bytes of an answer leave before its settlement is written',
    edits: [
      {
        file: 'src/gateway/attempts.ts',
        find: "    phase = 'settling'\n    const cancelHold",
        replace: "    phase = 'settling'\n    then()\n    const cancelHold",
      },
      { file: 'src/gateway/attempts.ts', find: 'if (!failed) return then()', replace: 'if (!failed) return' },
    ],
  },
  'orphans-forgotten': {
    breaks: 'a start does not settle what the process before it left open',
    edits: [{ file: 'src/ledger/recover.ts', find: 'const settled = waiting.map', replace: 'const settled = waiting.slice(0, 0).map' }],
  },
  'errors-are-success': {
    breaks: 'a settlement that could not be written is answered as durable',
    edits: [
      {
        file: 'src/store/writer-loop.ts',
        find: 'passOn(error, [answer.notDurable, covered], [answer.notSettled, entries.length])',
        replace: 'say([answer.durable, covered, null, answer.settled, entries.length, null])',
      },
    ],
  },
  'control-in-parts': {
    breaks: 'a change of the control tables is committed in two parts',
    edits: [
      {
        file: 'src/store/writer-control.ts',
        find: 'for (const statement of batch.statements) await applyOne(engine, statement, recordedAt)',
        replace: `for (const [index, statement] of batch.statements.entries()) {
    await applyOne(engine, statement, recordedAt)
    if (index !== 4) continue
    await engine.commit()
    await engine.begin('disk')
  }`,
      },
    ],
  },
  'failures-are-survived': {
    breaks: 'the writer goes on after the disk has failed',
    edits: [{ file: 'src/store/writer-loop.ts', find: "['io', 'corrupt'].includes", replace: "['never'].includes" }],
  },
} as const satisfies Record<string, Plant>

export type PlantName = keyof typeof plants

/** The folder to run from: the repository itself, or a copy of it in `folder` with the fault in. */
export function rootWith(plant: PlantName | undefined, folder: string): string {
  if (plant === undefined) return repository
  const root = join(folder, 'planted')
  for (const part of ['src', 'test', 'package.json']) cpSync(join(repository, part), join(root, part), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
  for (const { file, find, replace } of plants[plant].edits) {
    const text = readFileSync(join(root, file), 'utf8')
    const parts = text.split(find)
    if (parts.length !== 2)
      throw new Error(`The fault "${plant}" expects this once in ${file}, and found it ${parts.length - 1} times: ${find}`)
    writeFileSync(join(root, file), parts.join(replace))
  }
  return root
}

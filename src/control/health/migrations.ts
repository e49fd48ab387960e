/** The operation on schema migrations: which are applied, which wait, and what to do about it. Running them is for the command line, offline. */

import { z } from 'zod'
import { registry } from '../../store/migrations/index.ts'
import { advise } from '../../store/validate.ts'
import { operation } from '../operation.ts'

const step = z.object({
  id: z.string(),
  state: z.string().describe('applied, failed or pending.'),
  effect: z.string(),
  release: z.string().nullable().describe('The release that applied it.'),
  loses: z.string().nullable().describe('What undoing it loses.'),
  finished_at: z.int().nullable(),
})

export const migrationsList = operation({
  name: 'migrations.list',
  summary: 'List the schema migrations, applied and pending, with what is wrong if anything is.',
  scope: 'system',
  effect: 'read',
  positional: [],
  anySchema: true,
  input: z.strictObject({}),
  output: z.object({
    items: z.array(step),
    next: z.null(),
    finding: z
      .string()
      .describe('clean, pending, failed, newer_compatible, newer, branch, edited, drift or foreign; unknown for a database in memory.'),
    sentence: z.string(),
    command: z.string().nullable(),
  }),
  columns: [
    { field: 'id', title: 'MIGRATION' },
    { field: 'state', title: 'STATE' },
    { field: 'effect', title: 'EFFECT' },
    { field: 'release', title: 'BY RELEASE' },
    { field: 'finished_at', title: 'AT', show: 'instant' },
  ],
  example: 'purser migrations list',
  async run(context) {
    const inspection = await context.inspect()
    const kept = inspection?.finding.type !== 'foreign' && inspection?.finding.type !== 'pending'
    const rows = await context.store.read
      .selectFrom('migrations')
      .selectAll()
      .orderBy('id')
      .execute()
      .catch((error) => {
        // A database that nobody has migrated has no such table yet.
        if (kept) throw error
        return []
      })
    const recorded = rows.map((row) => ({
      id: row.id,
      state: row.state,
      effect: row.effect,
      release: row.release,
      loses: row.loses,
      finished_at: row.finished_at,
    }))
    const pending = registry
      .filter(({ id }) => !rows.some((row) => row.id === id))
      .map(({ id, effect, down }) => ({
        id,
        state: 'pending',
        effect,
        release: null,
        loses: 'loses' in down ? down.loses : null,
        finished_at: null,
      }))
    const advice =
      inspection === null
        ? { sentence: 'The database is in memory: it has the schema of this process.', command: null }
        : advise(inspection.finding)
    return { items: [...recorded, ...pending], next: null, finding: inspection?.finding.type ?? 'unknown', ...advice }
  },
})

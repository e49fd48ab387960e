/** The operation that says how things stand, in one look. */

import { z } from 'zod'
import { operation } from '../operation.ts'

const counts = z.object({
  providers: z.int(),
  connections: z.int(),
  profiles: z.int(),
  keys: z.int(),
  rate_cards: z.int(),
  open_attempts: z.int(),
  parked: z.int(),
})

export const status = operation({
  name: 'status',
  summary: 'Show what runs, on which database, and whether it keeps up.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({}),
  output: z.object({
    release: z.string(),
    node: z.string(),
    database: z.string(),
    engine: z.enum(['sqlite', 'postgres']),
    revision: z.int().describe('Moves with every change of the control tables.'),
    server: z
      .object({ pid: z.int(), instance: z.string(), inference_url: z.string(), admin_url: z.string(), started_at: z.int() })
      .nullable()
      .describe('Null where no server runs.'),
    writer: z
      .object({ queued: z.int(), sync_lag_ms: z.int(), batches: z.int(), parked: z.int() })
      .nullable()
      .describe("The server's writer."),
    loop_delay_p99_ms: z.number().nullable().describe("How late the server's event loop ran in the last 5 to 10 seconds, 99th percentile."),
    last_call_at: z.int().nullable(),
    counts,
  }),
  columns: [],
  example: 'purser status',
  async run({ store, server, release, database, loopDelayMs }) {
    const { read } = store
    const many = async (table: keyof typeof live) => {
      let query = read.selectFrom(table).select((each) => each.fn.countAll().as('total'))
      if (live[table]) query = query.where(live[table], 'is', null)
      return Number((await query.executeTakeFirstOrThrow()).total)
    }
    const last = await read.selectFrom('calls').select('created_at').orderBy('id', 'desc').limit(1).executeTakeFirst()
    const revision = await read.selectFrom('revision').select('n').executeTakeFirst()
    const writer = server === null ? null : store.writer.status()
    const loopDelay = loopDelayMs()
    return {
      release,
      node: process.version,
      database,
      engine: store.engine,
      revision: Number(revision?.n ?? 0n),
      server:
        server === null
          ? null
          : {
              pid: server.pid,
              instance: server.instance,
              inference_url: server.inference_url,
              admin_url: server.admin_url,
              started_at: server.started_at,
            },
      writer:
        writer === null
          ? null
          : { queued: writer.queued, sync_lag_ms: Math.round(writer.syncLagMs), batches: writer.batches, parked: writer.parked },
      loop_delay_p99_ms: loopDelay === null ? null : Math.round(loopDelay * 10) / 10,
      last_call_at: last?.created_at ?? null,
      counts: {
        providers: await many('providers'),
        connections: await many('connections'),
        profiles: await many('model_profiles'),
        keys: await many('keys'),
        rate_cards: await many('rate_cards'),
        open_attempts: await many('open_attempts'),
        parked: await many('parked'),
      },
    }
  },
})

/** What is counted, and the column that is null for a row that still counts. */
const live = {
  providers: 'removed_at',
  connections: 'removed_at',
  model_profiles: 'removed_at',
  keys: 'revoked_at',
  rate_cards: null,
  open_attempts: null,
  parked: 'resolved_at',
} as const

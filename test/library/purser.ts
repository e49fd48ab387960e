/** A Purser inside a test, and what is asked of it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext } from 'node:test'
import { createPurser, type Purser, type PurserOptions } from '../../src/index.ts'
import { eachDatabase } from '../support/databases.ts'

/** With the simulated provider, in memory if no place is named, and called by the test alone if nothing else is said. Closed with its test. */
export async function openPurser(t: Pick<TestContext, 'after'>, options: PurserOptions = {}): Promise<Purser> {
  const place = options.home === undefined ? { database: ':memory:' } : {}
  const purser = await createPurser({ ...place, simulated: true, migrate: true, authenticate: false, ...options })
  t.after(() => purser.close(0))
  return purser
}

/** Runs a suite once a place that a Purser can have: in memory, and in a home with a file or a PostgreSQL as its database. */
export function eachPlace(suite: (place: (t: Pick<TestContext, 'after'>) => Promise<PurserOptions>) => void): void {
  describe('memory', () => suite(async () => ({})))
  eachDatabase(({ fresh }) => suite(async (t) => ({ home: emptyFolder(t), database: await fresh() })))
}

export function emptyFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'purser-library-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Asked = {
  readonly model?: string
  readonly text?: string
  readonly stream?: boolean
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

export function chat({ model = 'simulated', text = 'hello', stream = false, headers = {}, signal }: Asked = {}): Request {
  return new Request('http://purser/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: text }] }),
    ...(signal === undefined ? {} : { signal }),
  })
}

export async function lastCall({ calls }: Purser) {
  const { items } = await calls.list({ limit: 1 })
  return calls.get({ call: items[0]!.id })
}

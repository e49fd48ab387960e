/** A terminal that keeps what it is shown, and a home that is gone when the test ends. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { runCli } from '../../src/cli/program.ts'
import { noPrompts, type Prompts } from '../../src/cli/prompts.ts'
import type { Environment } from '../../src/cli/terminal.ts'
import type { NamedDatabase } from '../support/databases.ts'
import { type OwnProvider, prepareHome } from '../support/home.ts'

export type Shown = { readonly exitCode: number; readonly out: string; readonly err: string }

export async function purser(argv: readonly string[], environment: Environment, prompts?: Prompts): Promise<Shown> {
  let [out, err] = ['', '']
  const terminal = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    width: 100,
    interactive: prompts !== undefined,
    prompts: prompts ?? noPrompts,
    environment,
    userHome: '/nowhere',
    paint: (_style: unknown, text: string) => text,
  }
  const exitCode = await runCli(argv, terminal, 'test')
  return { exitCode, out, err }
}

export function temporaryHome(t: Pick<TestContext, 'after'>): string {
  const root = mkdtempSync(join(tmpdir(), 'purser-cli-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  return root
}

/** What the commands of a test are run with: a home that is ready, on a database of its own. */
export type Ready = { readonly PURSER_HOME: string; readonly PURSER_DATABASE_URL: string }

export async function readyOn(
  t: Pick<TestContext, 'after'>,
  database: NamedDatabase,
  providers: readonly OwnProvider[] = [],
): Promise<Ready> {
  const environment = { PURSER_HOME: temporaryHome(t), PURSER_DATABASE_URL: await database.fresh() }
  await prepareHome(environment.PURSER_HOME, { providers, database: environment.PURSER_DATABASE_URL })
  return environment
}

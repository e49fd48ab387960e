/** The program as a process of its own: started on a home, watched, stopped by its pid. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Caller, callerOf, type Operator, operatorOf } from './client.ts'

/** As the launcher runs it. */
const flags = ['--disallow-code-generation-from-strings', '--disable-proto=delete']
export const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
/** Compiled once for all starts of one test file. */
export const compiled = mkdtempSync(join(tmpdir(), 'purser-compiled-'))
process.once('exit', () => rmSync(compiled, { recursive: true, force: true }))

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly err: string }

export type Place = {
  readonly home: string
  readonly environment?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
  /** Who runs it, where the test must not be root. */
  readonly as?: { readonly uid: number; readonly gid: number }
}

export type Process = {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has said so far, on both streams. */
  said(): string
}

export function emptyHome(t: Pick<TestContext, 'after'>): string {
  const home = mkdtempSync(join(tmpdir(), 'purser-e2e-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  return home
}

export function purser(place: Place, ...parameters: string[]): Process {
  const child = spawn(process.execPath, [...flags, main, ...parameters], {
    cwd: place.home,
    env: { PATH: process.env.PATH, PURSER_HOME: place.home, NODE_COMPILE_CACHE: compiled, ...place.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...place.as,
  })
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, out, err }))
  })
  return { child, ended, said: () => out + err }
}

export type Serving = Process & {
  readonly inferenceUrl: string
  readonly adminUrl: string
  readonly caller: Caller
  readonly operator: Operator
  readonly key: string
  readonly token: string
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ended>
}

/** A server that is up, on free ports unless the flags name some. It ends with the test at the latest. */
export async function serve(t: Pick<TestContext, 'after'>, place: Place): Promise<Serving> {
  const started = purser(place, 'serve', '--json', ...(place.flags ?? ['--port', '0', '--admin-port', '0']))
  t.after(async () => {
    started.child.kill('SIGKILL')
    await started.ended
  })
  const line = new Promise<string>((resolve) => {
    let out = ''
    started.child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')))
    })
  })
  const first = await Promise.race([line, started.ended])
  if (typeof first !== 'string') throw new Error(`The server did not start (exit ${first.code ?? first.signal}): ${first.err}${first.out}`)
  const { inferenceUrl, adminUrl } = JSON.parse(first) as { inferenceUrl: string; adminUrl: string }
  const key = readFileSync(join(place.home, 'config/first-key'), 'utf8').trim()
  const token = readFileSync(join(place.home, 'config/admin-token'), 'utf8').trim()
  return {
    ...started,
    inferenceUrl,
    adminUrl,
    key,
    token,
    caller: callerOf(inferenceUrl, key),
    operator: operatorOf(adminUrl, token),
    stop(signal) {
      started.child.kill(signal)
      return started.ended
    },
  }
}

/** The lines of an error for a person: what, why, the next command. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

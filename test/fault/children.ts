/** Child processes: run to their end, and where their code lies. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

/** The repository. A planted fault runs from a copy of it instead. */
export const repository = resolve(import.meta.dirname, '../..')

/** A script of this folder, in the repository or in a copy of it. */
export function scriptIn(root: string, name: string): string {
  return join(root, 'test/fault', name)
}

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly err: string }

/** A script of ours as a process of its own. */
export function startScript(script: string, ...parameters: string[]): ChildProcess {
  return spawn(process.execPath, [script, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs to the end. An ending that was not hoped for is for the caller to see. */
export function run(command: string, parameters: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  return ended(spawn(command, parameters, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** The end of a child, with all that it said. */
export function ended(child: ChildProcess): Promise<Ended> {
  const said = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...said }))
  })
}

/** Whether a program is there to be run. */
export async function canRun(command: string, ...parameters: string[]): Promise<boolean> {
  try {
    return (await run(command, parameters)).code === 0
  } catch {
    return false
  }
}

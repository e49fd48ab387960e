/** strace as a fault: counts the calls by which a process changes some files, and kills it at the k-th of one kind. */

import { readFileSync } from 'node:fs'
import { canRun, run } from './children.ts'

/** The calls that change a file or make sure of it. `openat` is among them because it makes files. */
const writeCalls = ['openat', 'pwrite64', 'write', 'ftruncate', 'fsync', 'fdatasync', 'unlink', 'rename'] as const
export type WriteCall = (typeof writeCalls)[number]

/** One moment to die at: just before the k-th of these calls. */
export type Point = { readonly call: WriteCall; readonly k: number }

/** Why strace cannot be used here, or nothing. */
export async function whyNoStrace(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'strace exists on Linux only'
  if (!(await canRun('strace', '--version'))) return 'strace is not installed'
  return (await canRun('strace', '-f', '-qq', '-o', '/dev/null', process.execPath, '-e', '0')) ? undefined : 'this system forbids ptrace'
}

/** Every point of a run that is left to end. strace counts per thread, so the busiest thread counts. */
export async function pointsOf(files: readonly string[], log: string, command: readonly string[]): Promise<Point[]> {
  const ending = await run('strace', [...asks(files, log, writeCalls), ...command])
  if (ending.code !== 0) throw new Error(`The run that only counts has failed: ${ending.err || ending.out}`)
  const counts = new Map<string, number>()
  for (const [, thread, call] of readFileSync(log, 'utf8').matchAll(/^(\d+) +([a-z0-9]+)\(/gm)) {
    counts.set(`${call} ${thread}`, (counts.get(`${call} ${thread}`) ?? 0) + 1)
  }
  return writeCalls.flatMap((call) => {
    const most = Math.max(0, ...[...counts].filter(([key]) => key.startsWith(`${call} `)).map(([, count]) => count))
    return Array.from({ length: most }, (_, index) => ({ call, k: index + 1 }))
  })
}

/** Whether the process died at that point, rather than coming to its end without reaching it. */
export async function killAt(files: readonly string[], { call, k }: Point, command: readonly string[]): Promise<boolean> {
  const { signal } = await run('strace', [...asks(files, '/dev/null', [call]), '-e', `inject=${call}:signal=KILL:when=${k}`, ...command])
  return signal === 'SIGKILL'
}

function asks(files: readonly string[], log: string, calls: readonly string[]): string[] {
  return ['-f', '-qq', '-o', log, ...files.flatMap((file) => ['-P', file]), '-e', `trace=${calls.join(',')}`]
}

/** The command under which a program meets EIO at the k-th of these calls on a file, and at every one after it. */
export function failingFrom(file: string, call: 'fsync' | 'pwrite64', k: number): string[] {
  return ['strace', ...asks([file], '/dev/null', [call]), '-e', `inject=${call}:error=EIO:when=${k}+`]
}

/** Secrets that a fixed command prints: a password manager, a cloud's vault. Which commands there are, the configuration file alone says. */

import { execFile } from 'node:child_process'
import type { Clock } from '../core/ports.ts'
import { type Reading, readingOf, unknown } from './reading.ts'

export type Commands = ReadonlyMap<string, readonly string[]>

const limits = { timeMs: 5_000, bytes: 64 * 1024, keptMs: 300_000, refreshMs: 240_000, failedMs: 10_000 }

/** All that a command is told of this process: enough to find its own files and its agent, and no key. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK']

export type RunCommand = (argv: readonly string[]) => Promise<string>

export interface CommandSecrets {
  /** What it printed, or undefined where it has to be asked first. */
  read(name: string): Reading | undefined
  /** Asks it, if nobody is asking it already. Never rejects. */
  ask(name: string): Promise<void>
  /** Asks it anew at the next chance, but not a command that was asked a moment ago. */
  expire(name: string): void
}

type Kept = { readonly reading: Reading; readonly at: number }

/** `commands` is null in a process that runs none. */
export function readCommands(commands: Commands | null, clock: Clock, run: RunCommand = runCommand): CommandSecrets {
  const kept = new Map<string, Kept>()
  const asking = new Map<string, Promise<void>>()

  const ask = (name: string): Promise<void> => {
    const argv = commands?.get(name)
    if (argv === undefined) return Promise.resolve()
    const running = asking.get(name)
    if (running !== undefined) return running
    const started = answerOf(name, argv, run).then((reading) => {
      const before = kept.get(name)
      const stillGood = before?.reading.type === 'value' && clock.monotonic() - before.at < limits.keptMs
      if (reading.type === 'value' || !stillGood) kept.set(name, { reading, at: clock.monotonic() })
      asking.delete(name)
    })
    asking.set(name, started)
    return started
  }

  return {
    ask,
    read(name) {
      if (commands === null) return unknown('Only a running server asks a command for its secret.')
      if (!commands.has(name)) {
        return unknown(`The configuration file has no command "${name}". Add it under [commands] and start Purser again.`)
      }
      const found = kept.get(name)
      if (found === undefined) return undefined
      const age = clock.monotonic() - found.at
      if (age >= (found.reading.type === 'value' ? limits.keptMs : limits.failedMs)) return undefined
      if (found.reading.type === 'value' && age >= limits.refreshMs) void ask(name)
      return found.reading
    },
    expire(name) {
      const found = kept.get(name)
      if (found !== undefined && clock.monotonic() - found.at >= limits.failedMs) kept.delete(name)
    },
  }
}

async function answerOf(name: string, argv: readonly string[], run: RunCommand): Promise<Reading> {
  try {
    return readingOf(await run(argv), `The command "${name}" printed nothing.`)
  } catch (error) {
    return unknown(`The command "${name}" ${whyOf(error)}.`)
  }
}

/** Never what it printed, neither to its output nor to its errors. */
function whyOf(error: unknown): string {
  const { code, killed } = error as { readonly code?: string | number | null; readonly killed?: boolean }
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'printed more than 64 KiB'
  if (killed === true) return `did not answer within ${limits.timeMs / 1000} s`
  if (typeof code === 'number') return `ended with exit code ${code}`
  return `could not be run (${code ?? 'killed'})`
}

function runCommand([program, ...args]: readonly string[]): Promise<string> {
  const env = Object.fromEntries(passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
  return new Promise((resolve, reject) => {
    const options = { env, cwd: '/', timeout: limits.timeMs, killSignal: 'SIGKILL', maxBuffer: limits.bytes, shell: false } as const
    const child = execFile(program!, args, options, (error, printed) => (error === null ? resolve(printed) : reject(error)))
    child.stdin?.end()
  })
}

/** The real server as a process of its own: started on a home, killed, stopped. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Ended, ended } from './children.ts'
import type { Dice } from './random.ts'

export interface Server {
  readonly inferenceUrl: string
  readonly adminUrl: string
  /** Settles when the process has ended, by itself or not. */
  readonly ending: Promise<Ended>
  /** Sends a signal to the server's own process, and waits for its end. */
  stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<Ended>
}

export type ServerPlace = { readonly root: string; readonly home: string; readonly ports: Ports }
export type Ports = { readonly port: number; readonly adminPort: number }

/** As the launcher runs it. */
const nodeFlags = ['--disallow-code-generation-from-strings', '--disable-proto=delete']

/** Any command of the program on a home. `under` is a program that runs it, with its arguments. */
export function purser(
  { root, home }: Pick<ServerPlace, 'root' | 'home'>,
  parameters: readonly string[],
  under: readonly string[] = [],
): ChildProcess {
  // Compiled once and for all starts: a loop of kills would otherwise spend most of its time compiling.
  const environment = { PATH: process.env.PATH, PURSER_HOME: home, PURSER_LOG_LEVEL: 'silent', NODE_COMPILE_CACHE: `${home}-compiled` }
  const [command, ...rest] = [...under, process.execPath, ...nodeFlags, join(root, 'src/cli/main.ts'), ...parameters]
  return spawn(command!, rest, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Waits until the server says that it is up, which is the first thing on its standard output. One that ends instead is an error with what it said. */
export async function startServer(place: ServerPlace, under?: readonly string[]): Promise<Server> {
  const started = await tryToStart(place, under)
  if ('stop' in started) return started
  throw new Error(`The server did not start (exit ${started.code ?? started.signal}): ${started.err || started.out}`)
}

/** The server once it is up, or how it ended instead. */
export async function tryToStart(place: ServerPlace, under: readonly string[] = []): Promise<Server | Ended> {
  const { port, adminPort } = place.ports
  const child = purser(place, ['serve', '--port', String(port), '--admin-port', String(adminPort)], under)
  const ending = ended(child)
  const up = new Promise<true>((resolve) => child.stdout?.once('data', () => resolve(true)))
  const first = await Promise.race([ending, up])
  if (first !== true) return first
  return {
    inferenceUrl: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    ending,
    stop(signal) {
      // Under strace the child is strace, whose death would leave the server running.
      if (under.length === 0) child.kill(signal)
      else process.kill(serverPid(place.home), signal)
      return ending
    },
  }
}

function serverPid(home: string): number {
  const { pid } = JSON.parse(readFileSync(join(home, 'state/server.json'), 'utf8')) as { pid: number }
  return pid
}

/** Two ports that were free a moment ago, below those that the system gives out by itself. */
export async function freePorts(dice: Dice): Promise<Ports> {
  for (;;) {
    const port = 20_000 + 2 * dice.below(6_000)
    if ((await isFree(port)) && (await isFree(port + 1))) return { port, adminPort: port + 1 }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

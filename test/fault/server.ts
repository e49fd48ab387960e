/** The real server as a process of its own: started on a home, killed, stopped. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ended, type Ended } from './children.ts'
import type { Dice } from './random.ts'

export interface Server {
  readonly inferenceUrl: string
  readonly adminUrl: string
  /** Sends a signal to the server's own process, and waits for its end. */
  stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<Ended>
}

export type ServerPlace = { readonly root: string; readonly home: string; readonly ports: Ports }
export type Ports = { readonly port: number; readonly adminPort: number }

/** As the launcher runs it. */
const nodeFlags = ['--disallow-code-generation-from-strings', '--disable-proto=delete']

/** Any command of the program on a home. */
export function purser({ root, home }: Pick<ServerPlace, 'root' | 'home'>, ...parameters: string[]): ChildProcess {
  // Compiled once and for all starts: a loop of kills would otherwise spend most of its time compiling.
  const environment = { PATH: process.env.PATH, PURSER_HOME: home, PURSER_LOG_LEVEL: 'silent', NODE_COMPILE_CACHE: `${home}-compiled` }
  return spawn(process.execPath, [...nodeFlags, join(root, 'src/cli/main.ts'), ...parameters], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Waits until the server says that it is up. One that ends instead is an error with what it said. */
export async function startServer(place: ServerPlace): Promise<Server> {
  const { port, adminPort } = place.ports
  const child = purser(place, 'serve', '--json', '--port', String(port), '--admin-port', String(adminPort))
  const ending = ended(child)
  const up = new Promise<string>((resolve) => {
    let said = ''
    child.stdout?.on('data', (text: string) => {
      said += text
      if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')))
    })
  })
  const first = await Promise.race([up, ending])
  if (typeof first !== 'string') throw new Error(`The server did not start (exit ${first.code ?? first.signal}): ${first.err || first.out}`)
  return {
    inferenceUrl: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    stop(signal) {
      child.kill(signal)
      return ending
    },
  }
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

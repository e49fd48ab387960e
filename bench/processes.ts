/** Programs the bench starts: pinned to a core, waited for until they listen, stopped by their own id. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** The gateway has one core to itself; what calls it and what it calls share the other. */
export const gatewayCore = '0'
export const benchCore = '1'

export type Program = {
  readonly command: readonly string[]
  readonly port: number
  readonly directory?: string
  readonly environment?: Readonly<Record<string, string>>
}
export type Running = { readonly pid: number; readonly exited: boolean; stop(): Promise<void> }

const running = new Set<Running>()

/** Starts a program on a core. What it prints goes to the log file. */
export function launch(program: Program, core: string, log: string): Running {
  const output = openSync(log, 'a')
  const child = spawn('taskset', ['-c', core, ...program.command], {
    cwd: program.directory,
    env: { ...process.env, ...program.environment },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let exited = false
  const end = once(child, 'exit').then(
    () => {
      exited = true
    },
    () => {
      exited = true
    },
  )
  const self: Running = {
    pid: child.pid ?? 0,
    get exited() {
      return exited
    },
    async stop() {
      running.delete(self)
      if (exited) return
      child.kill('SIGTERM')
      const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await end
      clearTimeout(impatience)
    },
  }
  running.add(self)
  return self
}

/** Starts a program and waits until its port takes connections. Throws with the end of its log where it does not. */
export async function launchAndWait(program: Program, core: string, log: string): Promise<Running> {
  const started = launch(program, core, log)
  for (const deadline = performance.now() + 60_000; performance.now() < deadline && !started.exited; await pause(20)) {
    if (await listens(program.port)) return started
  }
  await started.stop()
  throw new Error(
    `${program.command[0]} does not listen on port ${program.port}. Its last words: ${readFileSync(log, 'utf8').slice(-1_500)}`,
  )
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.stop()))
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** The first free port from a number on: below 32768, where the system takes no ports for outgoing connections. */
export async function freePort(from: number): Promise<number> {
  const server = createServer()
  try {
    server.listen(from, '127.0.0.1')
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return from
  } catch {
    return freePort(from + 1)
  }
}

/** A process and all that descend from it, since nginx works in a child. */
export function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '))
    .filter(Boolean)
    .map(Number)
  return [pid, ...children.flatMap(family)]
}

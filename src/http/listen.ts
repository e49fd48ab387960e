/** Puts a server on its port: a port that was asked for is never moved, the usual one moves to the next that is free. */

import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PurserError } from '../core/errors.ts'

export type Wanted = { readonly host: string; readonly port: number; readonly asked: boolean; readonly flag: string }

const furthest = 20

/** Returns the port that is listened on. Throws by code: `port_busy` where none was free, `port_unusable` where the address is not to be had. */
export async function listen(server: Server, wanted: Wanted): Promise<number> {
  for (let port = wanted.port; ; port += 1) {
    const busy = await attempt(server, wanted.host, port)
    if (!busy) return (server.address() as AddressInfo).port
    if (busy.code !== 'EADDRINUSE') throw unusable(wanted, busy)
    if (wanted.asked || wanted.port === 0 || port >= wanted.port + furthest) throw taken(wanted)
  }
}

function attempt(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(error)
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve(undefined)
    })
  })
}

function taken(wanted: Wanted): PurserError {
  return new PurserError('internal', `Port ${wanted.port} on ${wanted.host} is taken by another process.`, {
    code: 'port_busy',
    field: wanted.flag,
    hint: `Name a free one, or 0 for any: purser serve ${wanted.flag} ${wanted.port + 100 > 65_535 ? 0 : wanted.port + 100}`,
  })
}

function unusable(wanted: Wanted, cause: NodeJS.ErrnoException): PurserError {
  return new PurserError('internal', `Purser cannot listen on ${wanted.host}:${wanted.port} (${cause.code ?? cause.message}).`, {
    code: 'port_unusable',
    field: wanted.flag,
    hint: 'Name an address of this machine and a port that you may use.',
    cause,
  })
}

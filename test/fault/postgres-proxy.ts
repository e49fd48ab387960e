/** A proxy before a PostgreSQL server that counts the statements on their way to it, and cuts the connection at the k-th of them. */

import type { AddressInfo } from 'node:net'
import { createConnection, createServer, type Socket } from 'node:net'

/** `before`: the server never sees that statement. `after`: it does, and nobody hears its answer. */
export type Cut = { readonly k: number; readonly when: 'before' | 'after'; readonly act?: () => void }

export type Proxy = {
  /** The server's URL, by way of the proxy. */
  readonly url: string
  /** How many statements came by since the first that `from` fits, with that one. */
  seen(): number
  /** True once the connection was cut. */
  cut(): boolean
  close(): Promise<void>
}

/** The words of the protocol that run a statement: a simple query, and the execution of a prepared one, which `sync` ends. */
const words = { query: 0x51, parse: 0x50, execute: 0x45, sync: 0x53 } as const

export async function startProxy(target: string, from: RegExp, cut?: Cut): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const state = { armed: false, seen: 0, cut: false }
  const server = createServer((client) => {
    const upstream = createConnection({ host: hostname, port: Number(port) })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.end()
      })
    }
    upstream.pipe(client)
    const split = splitter()
    let last = false
    client.on('data', (chunk) => {
      for (const { word, bytes } of split(chunk)) {
        const text = word === words.query || word === words.parse ? bytes.toString('utf8') : ''
        state.armed ||= from.test(text)
        const runs = state.armed && (word === words.query || word === words.execute)
        if (runs) state.seen += 1
        const here = runs && cut !== undefined && state.seen === cut.k && !state.cut
        if (here) {
          state.cut = true
          last = true
          upstream.unpipe(client)
          upstream.resume()
          cut.act?.()
        }
        if (here && cut.when === 'before') return end(client, upstream)
        upstream.write(bytes)
        if (last && word !== words.execute) return end(client, upstream)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    seen: () => state.seen,
    cut: () => state.cut,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** What was sent to the server arrives there; nothing more goes either way. */
function end(client: Socket, upstream: Socket): void {
  client.destroy()
  upstream.end()
}

type Message = { readonly word: number; readonly bytes: Buffer }

/** Messages out of a stream of bytes. The first has no word in front of its length. */
function splitter(): (chunk: Buffer) => Message[] {
  let rest = Buffer.alloc(0)
  let started = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: Message[] = []
    for (;;) {
      const head = started ? 1 : 0
      if (rest.length < head + 4) return messages
      const length = head + rest.readInt32BE(head)
      if (rest.length < length) return messages
      messages.push({ word: started ? rest[0]! : 0, bytes: rest.subarray(0, length) })
      rest = rest.subarray(length)
      started = true
    }
  }
}

/** A server that says exactly the bytes a test wants, over plain TCP or TLS on a loopback port. */

import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer as createPlain, type Socket } from 'node:net'
import { createServer as createSecure } from 'node:tls'

export type Peer = {
  readonly port: number
  /** What each connection has sent, in the order of connecting. */
  readonly received: readonly string[]
  readonly open: number
  close(): Promise<void>
}

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
export const certificate = fixture('certificate.pem')

/** `answer` runs once for each whole request (one whose body has arrived). Its number counts from 1 on its connection. */
export async function startPeer(answer: (socket: Socket, number: number) => void, secure = false): Promise<Peer> {
  const received: string[] = []
  const sockets = new Set<Socket>()
  const accept = (socket: Socket) => {
    const position = received.push('') - 1
    let number = 0
    let pending = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      received[position] += text
      pending += text
      const end = pending.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(pending)?.[1] ?? 0)
      if (pending.length < end + 4 + length) return
      pending = pending.slice(end + 4 + length)
      number += 1
      answer(socket, number)
    })
  }
  const server = secure ? createSecure({ key: fixture('key.pem'), cert: certificate }, accept) : createPlain(accept)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    get open() {
      return sockets.size
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** A whole answer with a body of this text. */
export function whole(body: string, ...headers: readonly string[]): string {
  return ['HTTP/1.1 200 OK', ...headers, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

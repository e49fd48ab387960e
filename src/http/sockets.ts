/** The sockets of a listener: how many a peer may have, which of them carry an answer, and how they end without cutting one off. */

import type { Server, ServerResponse } from 'node:http'
import { Server as Listener, type Socket } from 'node:net'

export interface Sockets {
  /** The answer counts as under way from now to its last byte. */
  carry(socket: Socket, outgoing: ServerResponse): void
  /** An answer on this socket has begun, and nothing else may be written into it. */
  isAnswering(socket: object): boolean
  /** Takes no new socket, and ends those that carry no answer. May be called again and again; returns how many are left. */
  quiesce(): number
}

const keepAliveMs = 15_000

export function watchSockets(server: Server, mostPerPeer: number): Sockets {
  const open = new Map<object, Set<ServerResponse>>()
  const peers = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const peer = socket.remoteAddress ?? ''
    const count = (peers.get(peer) ?? 0) + 1
    if (count > mostPerPeer) return void socket.destroy()
    peers.set(peer, count)
    open.set(socket, new Set())
    socket.setKeepAlive(true, keepAliveMs)
    socket.once('close', () => {
      open.delete(socket)
      const left = (peers.get(peer) ?? 1) - 1
      if (left > 0) peers.set(peer, left)
      else peers.delete(peer)
    })
  })
  return {
    carry(socket, outgoing) {
      const carried = open.get(socket)
      carried?.add(outgoing)
      outgoing.once('close', () => carried?.delete(outgoing))
    },
    isAnswering: (socket) => [...(open.get(socket) ?? [])].some((outgoing) => outgoing.headersSent),
    quiesce() {
      // The close of an HTTP server also ends sockets whose answer is written and not yet sent.
      if (server.listening) Listener.prototype.close.call(server)
      for (const [socket, carried] of open) if (carried.size === 0) (socket as Socket).destroy()
      return open.size
    },
  }
}

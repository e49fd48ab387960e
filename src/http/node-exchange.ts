/** A node:http request and response as an Exchange: the caller, seen from the gateway. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Exchange } from '../core/ports.ts'
import type { Headers, WireRequest } from '../core/wire.ts'

export function nodeExchange(incoming: IncomingMessage, outgoing: ServerResponse, request: WireRequest): Exchange {
  let ended = false
  return {
    request,
    head(status, headers) {
      outgoing.writeHead(status, headers as Record<string, string>)
    },
    write: (bytes) => outgoing.write(bytes),
    end(bytes) {
      ended = true
      outgoing.end(bytes)
    },
    destroy(last) {
      ended = true
      if (last && !outgoing.destroyed) outgoing.write(last, () => incoming.destroy())
      else incoming.destroy()
    },
    onDrain(run) {
      outgoing.on('drain', run)
    },
    onAbort(run) {
      outgoing.once('close', () => {
        if (!ended) run()
      })
    },
  }
}

/** node:http's header values as the house has them: one string a name. */
export function plainHeaders(incoming: IncomingMessage): Headers {
  return incoming.headers as Record<string, string>
}

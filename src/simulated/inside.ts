/** A way into the simulated provider that is no socket: two ends in this process, so that nothing listens and nobody else can come in. */

import { type Duplex, duplexPair } from 'node:stream'

/** Opens a way; `accept` gets the end that the server reads. */
export function openInside(accept: (end: Duplex) => void): Duplex {
  const [near, far] = duplexPair().map(asSocket) as [Duplex, Duplex]
  near.once('close', () => far.destroy())
  far.once('close', () => near.destroy())
  accept(far)
  queueMicrotask(() => near.emit('connect'))
  return near
}

/** What HTTP asks of a socket beside being read and written. */
function asSocket(end: Duplex): Duplex {
  const same = (): Duplex => end
  return Object.assign(end, {
    setNoDelay: same,
    setKeepAlive: same,
    setTimeout: same,
    ref: same,
    unref: same,
    destroySoon: () => end.end(() => end.destroy()),
  })
}

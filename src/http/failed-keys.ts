/** How often an address may show a key that is refused. Beyond that it is told to wait, whatever it shows: only a good key is let in. */

import { type Address, parseAddress } from '../core/addresses.ts'
import { PurserError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'

export interface FailedKeys {
  /** Counts a refusal, and answers with the error to give in its place once there were too many. */
  count(peer: string): PurserError | undefined
}

export const failureLimits = { windowMs: 30_000, perPeer: 20, peers: 10_000 } as const

type Window = { readonly until: number; failures: number }

export function countFailedKeys(clock: Clock, limits: { windowMs: number; perPeer: number; peers: number } = failureLimits): FailedKeys {
  /** In the order in which their windows began, so that the first one is the oldest. */
  const windows = new Map<string, Window>()
  return {
    count(peer) {
      const now = clock.monotonic()
      const name = peerName(peer)
      let window = windows.get(name)
      if (window === undefined || window.until <= now) {
        windows.delete(name)
        if (windows.size >= limits.peers) windows.delete(windows.keys().next().value!)
        windows.set(name, (window = { until: now + limits.windowMs, failures: 0 }))
      }
      window.failures += 1
      return window.failures > limits.perPeer ? tooMany(window.until - now) : undefined
    },
  }
}

function tooMany(waitMs: number): PurserError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  return new PurserError(
    'rate_limited',
    `Too many keys from this address were refused. Try again in ${seconds} s, with a key that is known here.`,
    {
      code: 'too_many_refused_keys',
      retryAfter: seconds,
    },
  )
}

/** One host of IPv6 has a whole /64 to send from, so that is what counts as one. */
function peerName(peer: string): string {
  const address = parseAddress(peer.replace(/%.*$/, ''))
  if (address === undefined) return ''
  return isMapped(address) || address.family === 4 ? `4/${address.value & 0xffff_ffffn}` : `6/${address.value >> 64n}`
}

function isMapped({ family, value }: Address): boolean {
  return family === 6 && value >> 32n === 0xffffn
}

/** Calls to providers over undici: pools by connection row, caps, and one coarse clock hand for every timeout. Follows no redirect, obeys no proxy variable. */

// The package's front door would load fetch, WebSocket and caches too: 14 MB and 35 ms of a start.
import Pool from 'undici/lib/dispatcher/pool.js'
import { type Cidr, parseCidr } from '../core/addresses.ts'
import { PurserError } from '../core/errors.ts'
import type { Clock, Destination, Timers, Upstream, UpstreamHandle, UpstreamRequest, UpstreamSink } from '../core/ports.ts'
import { connectorTo, type Listener, type Resolved, resolveName, type SimulatedAddress, type World } from './connector.ts'
import { readBaseUrl, type Target } from './destination.ts'
import { limits } from './limits.ts'
import { type Channel, Sending } from './sending.ts'
import { Wheel } from './wheel.ts'

export type EgressOptions = {
  readonly clock: Clock
  readonly timers: Timers
  /** Where this process listens itself. Asked at each new socket, since ports may be known late. */
  readonly ownListeners?: () => readonly Listener[]
  readonly simulated?: () => SimulatedAddress | null
  readonly trusted?: readonly string[]
  readonly resolve?: (host: string) => Promise<readonly Resolved[]>
  /** Smaller caps, for tests. */
  readonly caps?: { readonly connections: number; readonly waiting: number }
}

export type Egress = Upstream & {
  /** Aborts what is under way and closes every socket. */
  close(): Promise<void>
}

export function createEgress(options: EgressOptions): Egress {
  const caps = options.caps ?? { connections: limits.connections, waiting: limits.waiting }
  const world: World = {
    wheel: new Wheel(options.clock, options.timers),
    timers: options.timers,
    resolve: options.resolve ?? resolveName,
    ownListeners: options.ownListeners ?? (() => []),
    simulated: options.simulated ?? (() => null),
    opening: new Set(),
    trusted: options.trusted ?? [],
  }
  /** By the destination as a value of the directory's snapshot: the same object call after call. */
  const known = new WeakMap<Destination, Channel>()
  /** By pool key and origin. A row whose network rules change gets a new pool, for the old one's sockets were judged by the old rules. */
  const channels = new Map<string, { readonly rules: string; readonly channel: Channel }>()
  let closed = false

  function channelOf(destination: Destination): Channel {
    const target = readBaseUrl(destination.baseUrl, destination.network)
    const name = `${destination.poolKey} ${target.origin}`
    const rules = `${destination.network} ${destination.cidrs.join(' ')} ${target.prefix}`
    const kept = channels.get(name)
    if (kept?.rules === rules) return kept.channel
    const channel = createChannel(target, destination, rangesOf(destination.cidrs), world, caps)
    channels.set(name, { rules, channel })
    if (kept !== undefined) void kept.channel.pool.close()
    return channel
  }

  return {
    send(request: UpstreamRequest, sink: UpstreamSink): UpstreamHandle {
      let channel = known.get(request.destination)
      if (channel === undefined || channel.pool.closed) {
        try {
          if (closed) throw new PurserError('unavailable', 'Purser is stopping and calls no provider any more.')
          channel = channelOf(request.destination)
        } catch (error) {
          return refused(sink, error)
        }
        known.set(request.destination, channel)
      }
      const { boundTo } = request
      if (typeof boundTo === 'string' && boundTo !== channel.target.origin)
        return refused(sink, misdirected(boundTo, channel.target.origin))
      const sending = new Sending(channel, request, sink)
      sending.begin()
      return sending
    },
    async close() {
      closed = true
      await Promise.all([...channels.values()].map(({ channel }) => channel.destroy()))
      channels.clear()
      for (const socket of world.opening) socket.destroy()
    },
  }
}

function createChannel(
  target: Target,
  destination: Destination,
  cidrs: readonly Cidr[],
  world: World,
  caps: { connections: number; waiting: number },
): Channel {
  const connecting = { limitMs: 0 }
  const pool = new Pool(
    `${target.secure ? 'https' : 'http'}://${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`,
    {
      connections: caps.connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: limits.headerBytes,
      maxResponseSize: limits.bodyBytes,
      connect: connectorTo(target, { network: destination.network, cidrs }, world, () => connecting.limitMs),
    },
  )
  const waiting = new Set<Sending>()
  return {
    target,
    pool,
    wheel: world.wheel,
    caps,
    waiting,
    connecting,
    active: 0,
    async destroy() {
      for (const each of [...waiting]) each.abort()
      await pool.destroy()
    },
  }
}

function rangesOf(cidrs: readonly string[]): Cidr[] {
  return cidrs.map((text) => {
    const range = parseCidr(text)
    if (range === undefined) {
      throw new PurserError('invalid_request', `The network_cidrs entry "${text}" is no range. Write it as 10.0.0.0/8 or fd00::/8.`, {
        field: 'network_cidrs',
      })
    }
    return range
  })
}

/** Whatever went wrong before, a socket to another place than the secret's own never sees it. */
function misdirected(boundTo: string, origin: string): PurserError {
  return new PurserError('internal', `A secret bound to ${boundTo} was about to be sent to ${origin}.`)
}

/** A request that cannot be sent at all. The sink hears of it once `send` has returned, as it would of any other failure. */
function refused(sink: UpstreamSink, error: unknown): UpstreamHandle {
  const failed = error instanceof PurserError ? error : new PurserError('internal', 'The call could not be prepared.', { cause: error })
  const reason = failed.kind === 'unavailable' ? 'aborted' : 'policy'
  queueMicrotask(() => sink.onFailure({ reason, sent: false, message: failed.message, cause: failed.cause }))
  return { resume() {}, abort() {} }
}

/** The one place that opens a socket to a provider: resolve every address, judge every address, and connect to one that was judged. */

import { lookup } from 'node:dns'
import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Duplex } from 'node:stream'
import { connect as connectSecure, getCACertificates } from 'node:tls'
import type { buildConnector } from 'undici'
import { type Address, type Cidr, parseAddress } from '../core/addresses.ts'
import type { Timers } from '../core/ports.ts'
import { classify, isAllowed, unwrap } from './addresses.ts'
import type { Target } from './destination.ts'
import { sentences, Unsent } from './failures.ts'
import type { Alarm, Wheel } from './wheel.ts'

/** Where something of this process listens. `host` may be an unspecified address (`0.0.0.0`, `::`). */
export type Listener = { readonly host: string; readonly port: number }

type Place = { readonly path: string } | { readonly port: number }
/** A listener's, or a way in for this process alone. */
export type SimulatedAddress = Place | { readonly connect: () => Duplex }

export type Resolved = { readonly address: string; readonly family: number }

export type World = {
  readonly wheel: Wheel
  readonly timers: Timers
  /** Every A and AAAA of a name. */
  readonly resolve: (host: string) => Promise<readonly Resolved[]>
  readonly ownListeners: () => readonly Listener[]
  /** The listener of the provider inside this process, or null where it is off. */
  readonly simulated: () => SimulatedAddress | null
  /** Sockets that are not yet a pool's, so that closing can end them. */
  readonly opening: Set<Socket>
  /** Certificates trusted beside the system's, as PEM. */
  readonly trusted: readonly string[]
}

export type Rules = { readonly network: 'public' | 'loopback' | 'private'; readonly cidrs: readonly Cidr[] }

/** Names by which clouds reach their metadata service: never resolved. */
const metadataNames: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'instance-data',
  'instance-data.ec2.internal',
])

/** A refusal takes at least this long, so that a blocked address and a closed port cannot be told apart by the clock. */
export const refusalFloorMs = 100

export function resolveName(host: string): Promise<readonly Resolved[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true, order: 'verbatim' }, (error, found) => (error === null ? resolve(found) : reject(error)))
  })
}

/** A connector for one target under one set of rules. Each new socket is judged anew, so a name that changes its mind gains nothing. */
export function connectorTo(target: Target, rules: Rules, world: World, limitMs: () => number): buildConnector.connector {
  const trusted = target.secure && world.trusted.length > 0 ? [...getCACertificates('default'), ...world.trusted] : undefined
  let session: Buffer | undefined

  return (_options, callback) => {
    const began = world.wheel.exactly()
    let socket: Socket | undefined
    let over = false
    const alarm: Alarm = {
      due: 0,
      next: null,
      previous: null,
      ring: () => fail('connect', new Error(`No connection within ${limitMs()} ms.`)),
    }
    world.wheel.set(alarm, began + limitMs())

    if (target.simulated) {
      const place = world.simulated()
      if (place === null) fail('connect', new Error('The simulated provider is not running.'))
      else open([], place)
      return
    }
    judge().then(
      (addresses) => {
        if (!over) open(addresses, { port: target.port })
      },
      (error: Unsent) => fail(error.reason, error.cause),
    )

    async function judge(): Promise<readonly Resolved[]> {
      if (metadataNames.has(target.host)) throw blocked(`${target.host} is a metadata service.`)
      const literal = parseAddress(target.host)
      const found = literal === undefined ? await resolved() : [{ address: target.host, family: literal.family }]
      if (found.length === 0) throw new Unsent('dns', '', new Error(`${target.host} has no address.`))
      for (const { address } of found) {
        const parsed = parseAddress(address)
        if (parsed === undefined || !isAllowed(parsed, rules.network, rules.cidrs))
          throw blocked(`${address} is not allowed for network "${rules.network}".`)
        if (isOwn(parsed, target.port, world.ownListeners())) throw blocked(`${address}:${target.port} is this Purser itself.`)
      }
      return found
    }

    async function resolved(): Promise<readonly Resolved[]> {
      try {
        return await world.resolve(target.host)
      } catch (cause) {
        throw new Unsent('dns', '', cause)
      }
    }

    function open(addresses: readonly Resolved[], place: SimulatedAddress): void {
      let reached = false
      const opening = 'connect' in place ? (place.connect() as Socket) : openSocket(addresses, place)
      socket = opening
      world.opening.add(opening)
      opening.setNoDelay(true)
      opening.setKeepAlive(true, 15_000)
      opening.on('error', (cause) => fail(reached && target.secure ? 'tls' : 'connect', cause))
      opening.once('close', () =>
        fail(reached && target.secure ? 'tls' : 'connect', new Error('The connection closed before it was ready.')),
      )
      opening.once('connect', () => {
        reached = true
      })
      opening.on('session', (fresh: Buffer) => {
        session = fresh
      })
      opening.once(target.secure ? 'secureConnect' : 'connect', () => {
        if (over) return
        over = true
        world.wheel.clear(alarm)
        world.opening.delete(opening)
        callback(null, opening)
      })
    }

    function openSocket(addresses: readonly Resolved[], place: Place): Socket {
      const options = {
        ...('path' in place ? place : { port: place.port, host: target.simulated ? '127.0.0.1' : target.host }),
        highWaterMark: 65_536,
        lookup: lookupOf(addresses),
      }
      if (!target.secure) return connectPlain(options)
      return connectSecure({
        ...options,
        ...(parseAddress(target.host) === undefined ? { servername: target.host } : {}),
        ...(trusted === undefined ? {} : { ca: trusted }),
        ...(session === undefined ? {} : { session }),
        ALPNProtocols: ['http/1.1'],
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
      })
    }

    function fail(reason: Unsent['reason'], cause: unknown): void {
      if (over) return
      over = true
      world.wheel.clear(alarm)
      if (socket !== undefined) {
        world.opening.delete(socket)
        socket.destroy()
      }
      const failure = new Unsent(reason, sentences[reason](target.origin), cause)
      const wait = reason === 'tls' ? 0 : began + refusalFloorMs - world.wheel.exactly()
      if (wait <= 0) callback(failure, null)
      else world.timers.after(wait, () => callback(failure, null))
    }
  }
}

/** Answers with addresses that were judged, whatever is asked. */
function lookupOf(addresses: readonly Resolved[]): LookupFunction {
  return (_host, wanted, done) => {
    if (wanted.all) done(null, [...addresses])
    else done(null, addresses[0]!.address, addresses[0]!.family)
  }
}

function blocked(why: string): Unsent {
  return new Unsent('policy', '', new Error(why))
}

/** Whether address and port are a listener of this process, also under another of the machine's own addresses or wrapped in IPv6. */
function isOwn(address: Address, port: number, listeners: readonly Listener[]): boolean {
  const meant = unwrap(address)
  const isAmong = (others: readonly Address[]) =>
    meant.some((one) => others.some((other) => other.family === one.family && other.value === one.value))
  return listeners.some((listener) => {
    if (listener.port !== port) return false
    const host = parseAddress(listener.host)
    if (host === undefined) return listener.host === 'localhost' && classify(address) === 'loopback'
    return host.value === 0n ? classify(address) === 'loopback' || isAmong(machineAddresses()) : isAmong([host])
  })
}

function machineAddresses(): Address[] {
  const entries = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return entries.flatMap(({ address }) => parseAddress(address) ?? [])
}

/** What a request must be before anything looks at it: one Host that is ours, a plain target, no foreign page behind it. Shared by both listeners. */

import { PurserError } from '../core/errors.ts'

export type Edge = {
  /** `host:port` as a caller may spell this listener. */
  readonly hosts: ReadonlySet<string>
  /** Origins of pages that may call it. None by default. */
  readonly origins: ReadonlySet<string>
}

/** The names by which a listener on this address is called, with its port, and those that the operator allows besides. */
export function hostsOf(address: string, port: number, allowed: readonly string[] = []): ReadonlySet<string> {
  const literal = address.includes(':') ? `[${address}]` : address
  const names = new Set([literal, 'localhost', '127.0.0.1', '[::1]'])
  const own = [...names].flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]))
  return new Set([...own, ...allowed.flatMap((host) => readHost(host, port))])
}

const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9](?:[a-z0-9-]{0,62}))*\.?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/

/** A name without a port is meant behind a proxy, which leaves the port out, and directly, with the listener's own. */
function readHost(text: string, port: number): readonly string[] {
  const host = text.toLowerCase()
  const [whole, named] = hostName.exec(host) ?? []
  if (whole === undefined || Number(named ?? 0) > 65_535) {
    throw new PurserError(
      'invalid_request',
      `An allowed host is a name such as gateway.example, or gateway.example:443, and not ${quoted(text)}.`,
      {
        code: 'host_unreadable',
        field: '--allow-host',
      },
    )
  }
  return named === undefined ? [host, `${host}:${port}`] : [host]
}

/** Throws for a request that must not be routed. `rawHeaders` are names and values in turn, as they came. */
export function guardRequest(target: string, rawHeaders: readonly string[], edge: Edge): void {
  guardEdge(rawHeaders, edge)
  guardTarget(target)
}

/** What a listener asks beside a plain target: one Host that is its own, and no foreign page. */
export function guardEdge(rawHeaders: readonly string[], edge: Edge): void {
  let host: string | undefined
  let hosts = 0
  let page: PurserError | undefined
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = watched.get(rawHeaders[place]!.length)
    if (name === undefined || rawHeaders[place]!.toLowerCase() !== name) continue
    const value = rawHeaders[place + 1]!
    if (name === 'host') {
      host = value
      hosts += 1
    } else page ??= foreignPage(name, value, edge)
  }
  if (host === undefined || hosts !== 1)
    throw new PurserError('invalid_request', `A request needs exactly one Host header, and this one has ${hosts}.`)
  if (!edge.hosts.has(host.toLowerCase())) {
    throw new PurserError('forbidden', `This address is not called ${quoted(host)}. It answers to ${[...edge.hosts].join(', ')}.`, {
      code: 'host_not_allowed',
    })
  }
  if (page) throw page
}

/** A path that means the same to everyone who reads it. */
export function guardTarget(target: string): void {
  if (plainTargets.has(target)) return
  refuseUnplain(target)
  if (plainTargets.size < mostTargets && target.length <= longestTarget) plainTargets.add(target)
}

/** The headers that are looked at, by the length of their name: no two have the same. */
const watched: ReadonlyMap<number, string> = new Map(['host', 'origin', 'sec-fetch-site'].map((name) => [name.length, name]))

/** Targets that passed. Callers use a handful. */
const plainTargets = new Set<string>()
const mostTargets = 256
const longestTarget = 256

function foreignPage(header: string, value: string, edge: Edge): PurserError | undefined {
  if (header === 'origin' && !edge.origins.has(value))
    return new PurserError('forbidden', `Pages of ${quoted(value)} may not call Purser.`, { code: 'origin_not_allowed' })
  if (header === 'sec-fetch-site' && value === 'cross-site')
    return new PurserError('forbidden', 'A page of another site may not call Purser.', { code: 'origin_not_allowed' })
  return undefined
}

function refuseUnplain(target: string): void {
  if (!/^\/(?!\/)/.test(target))
    throw new PurserError('invalid_request', 'The request line must carry a path that starts with one slash, and no scheme or host.')
  const path = target.split('?', 1)[0]!
  if (/%(2f|5c|00)/i.test(path)) throw new PurserError('invalid_request', 'The path holds an encoded slash, backslash or zero byte.')
  let decoded: string
  try {
    decoded = decodeURIComponent(path)
  } catch {
    throw new PurserError('invalid_request', 'The path is not valid percent-encoding of UTF-8.')
  }
  if (holdsControl(decoded) || decoded.includes('\\'))
    throw new PurserError('invalid_request', 'The path holds a backslash or a control character.')
  if (decoded.split('/').some((step) => step === '.' || step === '..'))
    throw new PurserError('invalid_request', 'The path holds a dot segment.')
}

/** POST, PUT and PATCH bring JSON and say so: a form of another page cannot. */
export function guardContentType(contentType: string | undefined): void {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/json') return
  throw new PurserError(
    'invalid_request',
    `The body must be sent as content-type: application/json${type ? `, and not as ${quoted(type)}` : ''}.`,
    { field: 'content-type' },
  )
}

function holdsControl(text: string): boolean {
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}

/** What a caller sent, short and printable, inside a sentence. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}

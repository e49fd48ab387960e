/** A provider's base URL, read and judged by its text alone: scheme, user info, port, and what may be appended to it. */

import { PurserError } from '../core/errors.ts'
import type { Destination } from '../core/ports.ts'

/** The one host whose URL means the provider inside this process. */
export const simulatedHost = 'simulated.purser.invalid'

export type Target = {
  readonly secure: boolean
  /** Without brackets and without a trailing dot. */
  readonly host: string
  readonly port: number
  /** `scheme://host:port`, the port always said: what a secret is bound to. */
  readonly origin: string
  /** The base URL's own path without a slash at its end. Every path sent begins with it. */
  readonly prefix: string
  readonly simulated: boolean
}

/** Ports where something other than a model listens. Allowed for `private` alone, where ranges say what may be reached. */
const refusedPorts: ReadonlySet<number> = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 53, 69, 79, 87, 95, 109, 110, 111, 113, 119, 123, 135, 137, 138, 139, 143, 161, 179,
  389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1521,
  1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4190, 5060, 5061, 5432, 5672, 5900, 5984, 5985, 6000, 6379, 6566,
  6665, 6666, 6667, 6668, 6669, 6697, 9042, 9200, 9300, 10080, 10250, 11211, 27017,
])

/** Throws `invalid_request` for the field `base_url` when the text breaks a rule. Says nothing of where the name leads. */
export function readBaseUrl(baseUrl: string, network: Destination['network']): Target {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : refuse('is no URL', 'Give it as https://host/path.')
  const secure = url.protocol === 'https:'
  if (!secure && (url.protocol !== 'http:' || network === 'public')) {
    refuse(`uses ${url.protocol.slice(0, -1)}`, 'Use https; http is allowed where the provider\'s network is "loopback" or "private".')
  }
  if (url.username !== '' || url.password !== '') refuse('carries a user name or password', "Put the key into the connection's credential.")
  if (url.search !== '' || url.hash !== '') refuse('carries a query or a fragment', 'Leave out everything from "?" or "#" on.')
  const host = hostOf(url)
  if (host === '') refuse('names no host', 'Give it as https://host/path.')
  const port = portOf(url)
  if (refusedPorts.has(port) && network !== 'private') {
    refuse(`uses port ${port}, which belongs to another service`, 'Name another port, or reach it as network "private" with network_cidrs.')
  }
  if (url.pathname.includes('\\') || /%(2e|2f|5c)/i.test(url.pathname))
    refuse('has an encoded dot, slash or backslash in its path', 'Write the path plainly.')
  return {
    secure,
    host,
    port,
    origin: originOf(baseUrl),
    prefix: url.pathname.replace(/\/+$/, ''),
    simulated: host === simulatedHost && !secure && port === 80,
  }
}

/** `scheme://host:port`, the port always said. Throws `invalid_request` for what is no URL. */
export function originOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : refuse('is no URL', 'Give it as https://host/path.')
  const host = hostOf(url)
  return `${url.protocol}//${host.includes(':') ? `[${host}]` : host}:${portOf(url)}`
}

/** The path to send, or undefined where what was appended could leave the prefix or could not stand in a request line. */
export function pathUnder(target: Target, appended: string): string | undefined {
  return appended.charCodeAt(0) === 47 && !strayed.test(appended) ? target.prefix + appended : undefined
}

/** Anything that HTTP or a URL reads otherwise than as it stands: controls, spaces, text beyond ASCII, `#`, `\`, and dot segments in any spelling. */
const strayed = /[^\x21-\x7e]|[#\\]|^[^?]*\/(?:\.|%2e){1,2}(?:[/?]|$)|^\/\/|^[^?]*%(?:2f|5c)(?:\.|%2e)/i

function hostOf(url: URL): string {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return host.replace(/\.+$/, '')
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

function refuse(what: string, todo: string): never {
  throw new PurserError('invalid_request', `The base_url ${what}. ${todo}`, { field: 'base_url' })
}

/** What went wrong on the way to a provider, as the house's failure: one table of reasons and one of the codes that the network reports. */

import type { UpstreamFailure } from '../core/ports.ts'

export type Reason = UpstreamFailure['reason']

/** Thrown by the connector, and by egress itself, before any byte was sent. */
export class Unsent extends Error {
  readonly reason: Reason

  constructor(reason: Reason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/** The sentence for each reason. A blocked address, a name that leads nowhere and a refused connection read alike, so that nobody can map a network by asking. */
export const sentences: Readonly<Record<Reason, (origin: string) => string>> = {
  policy: unreachable,
  dns: unreachable,
  connect: unreachable,
  tls: (origin) => `The provider at ${origin} could not prove who it is over TLS. Check its certificate and the base_url's host name.`,
  overloaded: (origin) => `Too many calls to ${origin} wait for a connection. Try again in a moment.`,
  reset: (origin) => `The provider at ${origin} closed the connection before its answer was complete.`,
  malformed: (origin) => `The provider at ${origin} sent an answer that breaks HTTP or a limit.`,
  first_byte_timeout: (origin) => `The provider at ${origin} did not begin its answer in time.`,
  idle_timeout: (origin) => `The provider at ${origin} stopped in the middle of its answer.`,
  total_timeout: (origin) => `The answer of the provider at ${origin} took longer than the whole call may take.`,
  aborted: (origin) => `The call to ${origin} was given up before its answer was complete.`,
}

/** What undici and Node report, where it is not simply a connection that broke. */
const reasons: Readonly<Record<string, Reason>> = {
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'malformed',
  UND_ERR_ABORTED: 'aborted',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
}

/** The reason behind an error of a connection that was in use. The parser's errors come without a usable code, so they are known by name. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof Unsent) return error.reason
  const { code, name, message } = error as { readonly code?: string; readonly name?: string; readonly message?: string }
  const known = code === undefined ? undefined : reasons[code]
  if (known !== undefined) return known
  if (name === 'HTTPParserError') return message?.includes('EOF') ? 'reset' : 'malformed'
  return message === 'bad response' || message === 'bad upgrade' ? 'malformed' : 'reset'
}

function unreachable(origin: string): string {
  return `The provider at ${origin} could not be reached.`
}

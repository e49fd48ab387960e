/** The inference face as a function: a Request in, a Response out, no socket between. What a program calls that Purser lives in. */

import type { Caller } from '../gateway/gateway.ts'
import { receive } from './fetch-exchange.ts'
import { callerByKey } from './grants.ts'
import { type InferenceDeps, serve } from './inference.ts'
import { type Authenticator, showsKey } from './keys.ts'

/** As the global `fetch` is called, so that an SDK takes it for that. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

export type FetchDeps = Omit<InferenceDeps, 'callerOf' | 'adminUrl'> & {
  readonly authenticator: Authenticator
  /** Whether a request needs a key. `null`: only where a server has received it, which its Host header tells. */
  readonly authenticate: boolean | null
}

/** The process itself, which needs no key of its own. */
const self: Caller = { tenantId: 'default', keyId: null, grant: null }

export function createFetch({ authenticator, authenticate, ...deps }: FetchDeps): Fetch {
  const byKey = callerByKey(authenticator)
  const inference: InferenceDeps = {
    ...deps,
    adminUrl: () => null,
    /** A key that is shown counts, also where none is needed. */
    callerOf: (arrival, query, endpoint) => {
      const needsKey = authenticate ?? arrival.headers.host !== undefined
      return needsKey || showsKey(arrival.headers, query) ? byKey(arrival, query, endpoint) : self
    },
  }
  return async (input, init) => {
    const request = init === undefined && isRequest(input) ? input : new Request(input, init)
    request.signal.throwIfAborted()
    const { arrival, response } = receive(request)
    serve(inference, arrival)
    return response
  }
}

/** Servers hand out Requests of their own making, which no `instanceof` knows. */
function isRequest(input: string | URL | Request): input is Request {
  return typeof input === 'object' && 'headers' in input
}

/** The inference face as a function: a Request in, a Response out, no socket between. What a program calls that Purser lives in. */

import { PurserError } from '../core/errors.ts'
import type { Caller } from '../gateway/gateway.ts'
import { receive } from './fetch-exchange.ts'
import { callerByKey } from './grants.ts'
import { type InferenceDeps, serve } from './inference.ts'
import { type Authenticator, showsKey } from './keys.ts'

/** As the global `fetch` is called, so that an SDK takes it for that. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

export type FetchDeps = Omit<InferenceDeps, 'callerOf' | 'adminUrl'> & {
  readonly authenticator: Authenticator
  /** Whether a request needs a key. Nothing about it can say that it needs none. */
  readonly authenticate: boolean
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
      if (showsKey(arrival.headers, query)) return byKey(arrival, query, endpoint)
      if (authenticate) throw keyless()
      return self
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

function keyless(): PurserError {
  return new PurserError('unauthenticated', 'A Purser key is needed: send it as "Authorization: Bearer <key>" or "x-api-key: <key>".', {
    code: 'invalid_api_key',
    hint: 'Where only this program calls:  createPurser({ authenticate: false })',
  })
}

/** Servers hand out Requests of their own making, which no `instanceof` knows. */
function isRequest(input: string | URL | Request): input is Request {
  return typeof input === 'object' && 'headers' in input
}

/** What a call key grants at the edge: the endpoint, and the address it is sent from. The names it may send are the gateway's to judge. */

import { allowsEndpoint, allowsPeer, type CallGrant, readCallScope } from '../core/call-scope.ts'
import { PurserError } from '../core/errors.ts'
import type { Key } from '../core/nouns.ts'
import type { Caller } from '../gateway/gateway.ts'
import type { Arrival } from './inference.ts'
import type { Authenticator } from './keys.ts'

/** Read once for each row that the directory holds. */
const read = new WeakMap<Key, CallGrant>()

/** Throws `forbidden` where the key may not be used like this. `peer` is the address at the other end of the socket, never one that a header names. */
function grantFor(key: Key, endpoint: string, peer: string | undefined): CallGrant {
  let grant = read.get(key)
  if (grant === undefined) read.set(key, (grant = readCallScope(key.scopes)))
  if (!allowsPeer(grant, peer))
    throw new PurserError('forbidden', 'This key may not be used from this address.', { code: 'address_not_allowed' })
  if (!allowsEndpoint(grant, endpoint))
    throw new PurserError('forbidden', `This key may not be used for ${endpoint}.`, { code: 'endpoint_not_allowed' })
  return grant
}

/** Who calls, by the call key that a request shows. */
export function callerByKey(authenticator: Authenticator): (arrival: Arrival, query: URLSearchParams, endpoint: string) => Caller {
  return ({ headers, peer }, query, endpoint) => {
    const key = authenticator.authenticate(headers, query, 'call', peer)
    return { tenantId: key.tenant_id, keyId: key.id, grant: grantFor(key, endpoint, peer) }
  }
}

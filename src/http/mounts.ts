/** Where a path leads: mount prefixes that name a dialect, aliases without `/v1`, and the contract by its own table of endpoints. */

import type { ContractId, Endpoint } from '../contracts/contract.ts'
import { contractIds } from '../contracts/contract.ts'
import { contractOf } from '../contracts/index.ts'
import type { Headers } from '../core/wire.ts'

export type Routed = { readonly contract: ContractId; readonly endpoint: Endpoint; readonly path: string }

/** A prefix and the contracts it leaves in question. `/api` is how OpenRouter's clients reach `/v1`. */
export const mounts: readonly (readonly [prefix: string, only: readonly ContractId[] | null])[] = [
  ['/openai', ['openai-chat', 'openai-responses']],
  ['/anthropic', ['anthropic-messages']],
  ['/api', ['openai-chat']],
]

/** The contract and endpoint for a caller's method and path, or undefined where none answers there. */
export function route(method: string, path: string, headers: Headers): Routed | undefined {
  const mount = mounts.find(([prefix]) => path.startsWith(`${prefix}/`))
  const rest = mount ? path.slice(mount[0].length) : path
  const canonical = rest.startsWith('/v1/') ? rest : `/v1${rest}`
  for (const id of candidates(mount?.[1] ?? null, headers)) {
    const endpoint = contractOf(id)?.match(method, canonical)
    if (endpoint) return { contract: id, endpoint, path: canonical }
  }
  return undefined
}

/** The contract whose shape an error takes where no endpoint was found. */
export function shapeFor(path: string, headers: Headers): ContractId {
  const anthropic = path.startsWith('/anthropic/') || path.includes('/messages') || headers['anthropic-version'] !== undefined
  return anthropic ? 'anthropic-messages' : 'openai-chat'
}

/** An `anthropic-version` header decides where paths are shared, as `/v1/models` is. */
function candidates(only: readonly ContractId[] | null, headers: Headers): readonly ContractId[] {
  if (only) return only
  return headers['anthropic-version'] === undefined ? contractIds : ['anthropic-messages', ...contractIds]
}

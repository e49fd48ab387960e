/** The codec of a provider for one of its models, made once: a dialect is read when it is first needed and then kept. */

import type { Codec, ContractId } from '../contracts/contract.ts'
import { contractIds } from '../contracts/contract.ts'
import { contractOf } from '../contracts/index.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import type { Provider } from '../core/nouns.ts'

const byProvider = new WeakMap<Provider, Map<string, Codec>>()
const plain = new Map<ContractId, Codec>()
/** Models come from callers, so what is kept of them is bounded. */
const mostKept = 1_000

/** The contract as published: what a caller speaks. */
export function callerCodec(id: ContractId): Codec {
  const known = plain.get(id)
  if (known) return known
  const contract = contractOf(id)
  if (!contract) throw new PurserError('unsupported', `The contract ${id} has no codec yet.`)
  const codec = contract.codec()
  plain.set(id, codec)
  return codec
}

/** The contract as this provider speaks it for this model. Throws `unavailable` where it is not callable, with the reason. */
export function codecOf(provider: Provider, model: string, name: string): { readonly contract: ContractId; readonly codec: Codec } {
  const id = contractIds.find((known) => known === provider.contract)
  const contract = id && contractOf(id)
  if (!id || !contract) {
    throw new PurserError(
      'unavailable',
      `"${name}" cannot be used: provider "${provider.name}" speaks ${provider.contract}, which Purser cannot call yet.`,
      {
        code: 'contract_not_callable',
        field: 'model',
      },
    )
  }
  let known = byProvider.get(provider)
  if (!known) byProvider.set(provider, (known = new Map()))
  const found = known.get(model)
  if (found) return { contract: id, codec: found }
  try {
    const codec = contract.codec(provider.dialect, model)
    if (known.size < mostKept) known.set(model, codec)
    return { contract: id, codec }
  } catch (thrown) {
    const cause = asPurserError(thrown)
    throw new PurserError(
      'unavailable',
      `"${name}" cannot be used: the dialect of provider "${provider.name}" does not read. ${cause.message}`,
      { code: 'dialect_unreadable', cause: thrown },
    )
  }
}

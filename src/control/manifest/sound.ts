/** Whether a merged row can be used: what is shipped and what an operator said may each be right, and together wrong. */

import { contracts } from '../../contracts/index.ts'
import type { Json } from '../../core/json.ts'
import { connection, profile, provider, route } from '../../core/nouns.ts'
import { readBaseUrl } from '../../net/destination.ts'
import type { Thing } from './items.ts'

const nouns = { provider, connection, profile, route } as const

export function isSound({ kind, id, fields }: Thing): boolean {
  const book = { is_canonical: true, canonical_revision: null, removed_at: null, created_at: 0, updated_at: 0 }
  if (!nouns[kind].safeParse({ ...book, id, ...fields }).success) return false
  return kind !== 'provider' || isReachable(fields)
}

function isReachable(fields: Thing['fields']): boolean {
  try {
    readBaseUrl(String(fields.base_url), fields.network as Parameters<typeof readBaseUrl>[1])
    contracts.find(({ id }) => id === fields.contract)?.codec(fields.dialect as Json)
    return true
  } catch {
    return false
  }
}

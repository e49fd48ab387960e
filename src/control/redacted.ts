/** A row as the audit log and an answer may show it: without what proves anything. */

import { isObject, type Json, type JsonObject } from '../core/json.ts'

const hidden = new Set(['secret_hash', 'next_hash', 'ciphertext', 'wrapped_key', 'nonce', 'hmac'])
export const mask = '[redacted]'

/** Values of the columns that hold proofs are masked, and so is every static header: operators put keys there. */
export function redacted(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, hidden.has(name) && part !== null ? mask : within(name, part)]),
  )
}

function within(name: string, part: Json): Json {
  if (Array.isArray(part)) return part.map((each: Json) => within(name, each))
  if (!isObject(part)) return part
  if (name === 'headers') return Object.fromEntries(Object.keys(part).map((header) => [header, mask]))
  return redacted(part)
}

/**
 * Sealed reasoning in a chat completion: `reasoning_details`, a list beside the readable text. An item's `format` says whose seal it
 * is. A contract's id there is Purser's own writing; any other word is the provider's, and the item must return as it came.
 */

import type { ReasoningPart, Seal } from '../../core/call.ts'
import { isObject, type Json, type JsonObject, parseJson } from '../../core/json.ts'
import { contractIds } from '../contract.ts'

export const own = 'openai-chat'

/** The items, whatever else stands in the list left out. */
export function detailsIn(message: JsonObject): readonly JsonObject[] {
  const details = message.reasoning_details
  return Array.isArray(details) ? (details as readonly Json[]).filter(isObject) : []
}

/** Whether an item is whole, as Purser writes them; a provider's may come in pieces. */
export function isWhole(detail: JsonObject): boolean {
  return isPlain(detail) || contractIds.some((id) => id === detail.format)
}

export function textOfDetail(detail: JsonObject): string {
  if (typeof detail.text === 'string') return detail.text
  return typeof detail.summary === 'string' ? detail.summary : ''
}

export function partOfDetail(detail: JsonObject): ReasoningPart {
  const text = textOfDetail(detail)
  if (isPlain(detail)) return { type: 'reasoning', text }
  return { type: 'reasoning', text, seal: sealOfDetail(detail) }
}

export function sealOfDetail(detail: JsonObject): Seal {
  if (!isWhole(detail)) return { origin: own, encrypted: JSON.stringify(detail) }
  return {
    origin: detail.format as string,
    ...(typeof detail.signature === 'string' ? { signature: detail.signature } : {}),
    ...(typeof detail.data === 'string' ? { encrypted: detail.data } : {}),
  }
}

/** Readable reasoning that nobody sealed, told beside sealed one. */
function isPlain(detail: JsonObject): boolean {
  return detail.type === 'reasoning.text' && detail.format === undefined && detail.signature === undefined && detail.data === undefined
}

export function detailOf({ text, seal }: ReasoningPart, index: number): JsonObject {
  const restored = seal === undefined ? undefined : restoredDetail(seal)
  if (restored) return restored
  const sealed = {
    ...(seal?.signature === undefined ? {} : { signature: seal.signature }),
    ...(seal?.encrypted === undefined ? {} : { data: seal.encrypted }),
    ...(seal === undefined ? {} : { format: seal.origin }),
  }
  const type = seal?.encrypted === undefined ? 'reasoning.text' : 'reasoning.encrypted'
  return { type, ...(type === 'reasoning.text' || text !== '' ? { text } : {}), ...sealed, index }
}

/** A provider's own item, as it came. */
export function restoredDetail(seal: Seal): JsonObject | undefined {
  const detail = seal.origin === own && seal.encrypted !== undefined ? parseJson(seal.encrypted) : undefined
  return isObject(detail) ? detail : undefined
}

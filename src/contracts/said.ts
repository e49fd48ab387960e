/** How much a payload says: UTF-8 bytes of the text in it, the ground of an estimate where a provider reports nothing. */

import { isObject, type Json } from '../core/json.ts'

/** The bytes of a text, or of the texts in a list of parts. Anything else says nothing. */
export function textBytes(value: Json | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (!Array.isArray(value)) return 0
  let bytes = 0
  for (const part of value as readonly Json[]) bytes += isObject(part) ? textBytes(part.text) : textBytes(part)
  return bytes
}

/** Arguments of a tool call: as text, or as the value that they are. */
export function argumentBytes(value: Json | undefined): number {
  return value === undefined || value === null ? 0 : Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value))
}

export function nonEmptyText(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Seals of another contract's reasoning, in the one field of text that a contract has for its own: an envelope that names the origin. */

import type { Seal } from '../core/call.ts'
import { isObject, parseJson } from '../core/json.ts'
import { contractIds } from './contract.ts'

/** No contract's own seal holds a colon: they are base64. */
const envelope = /^([a-z-]{1,32}):([A-Za-z0-9_-]*)$/

export function sealedEnvelope(seal: Seal): string {
  const { origin, ...rest } = seal
  return `${origin}:${Buffer.from(JSON.stringify(rest)).toString('base64url')}`
}

/** The seal inside, or undefined where the text is no envelope. */
export function openedEnvelope(text: string): Seal | undefined {
  const colon = text.indexOf(':')
  if (colon < 0 || colon > 32) return undefined
  const [, origin, body] = envelope.exec(text) ?? []
  if (origin === undefined || body === undefined || !contractIds.some((id) => id === origin)) return undefined
  const inside = parseJson(Buffer.from(body, 'base64url').toString('utf8'))
  if (!isObject(inside)) return undefined
  return {
    origin,
    ...(typeof inside.signature === 'string' ? { signature: inside.signature } : {}),
    ...(typeof inside.encrypted === 'string' ? { encrypted: inside.encrypted } : {}),
  }
}

/** Streams of chat completions: what each frame is to a relay, and how an error ends one. */

import type { PurserError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/json.ts'
import type { Frame } from '../../core/wire.ts'
import type { FrameKind } from '../contract.ts'
import { errorBody } from './error.ts'

export function frameKind(frame: Frame, payload: Json | undefined): FrameKind {
  if (frame.data.trim() === '[DONE]') return 'terminal'
  if (frame.event === 'error') return 'error'
  if (!isObject(payload)) return 'content'
  if (payload.error !== undefined && payload.error !== null) return 'error'
  return Array.isArray(payload.choices) && payload.choices.length === 0 && isObject(payload.usage) ? 'usage' : 'content'
}

/** Clients of this format know an error by its one member. No `[DONE]` follows: the answer did not end well. */
export function encodeStreamError(error: PurserError, requestId: string): Uint8Array {
  return Buffer.from(`data: ${JSON.stringify({ ...errorBody(error), request_id: requestId })}\n\n`)
}

/** Streams of messages: what each event is to a relay, and how an error ends one. */

import type { PurserError } from '../../core/errors.ts'
import { isObject, type Json } from '../../core/json.ts'
import type { Frame } from '../../core/wire.ts'
import type { FrameKind } from '../contract.ts'
import { errorBody } from './error.ts'

const kinds: Readonly<Record<string, FrameKind>> = { message_stop: 'terminal', error: 'error' }

/** The type in the data is what clients go by; the event's name stands in where there is none. */
export function frameKind(frame: Frame, payload: Json | undefined): FrameKind {
  const type = isObject(payload) && typeof payload.type === 'string' ? payload.type : frame.event
  return Object.hasOwn(kinds, type) ? kinds[type]! : 'content'
}

export function encodeStreamError(error: PurserError, requestId: string): Uint8Array {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(errorBody(error, requestId))}\n\n`)
}

/** Reads the books' facts off a provider's own answer as it goes by: usage, model, id, stop reason. Never changes a byte, never throws. */

import type { Codec } from '../contracts/contract.ts'
import { isObject, type Json, parseJson } from '../core/json.ts'
import type { RawUsage, Report } from '../core/usage.ts'

/** What an answer has said so far. */
export type Reading = {
  readonly raw: RawUsage | null
  /** The provider's terminal report was among what was read. */
  readonly final: boolean
  readonly upstreamId: string | null
  readonly reportedModel: string | null
  readonly stopReason: string | null
  readonly context: Json | undefined
  /** UTF-8 bytes of text, reasoning and tool arguments received. */
  readonly contentBytes: number
}

export interface Meter {
  /** Takes in one payload: a body, or one event of a stream. */
  take(payload: Json): void
  reading(): Reading
}

export function createMeter(codec: Codec): Meter {
  let raw: RawUsage | null = null
  let final = false
  let upstreamId: string | null = null
  let reportedModel: string | null = null
  let stopReason: string | null = null
  let context: Json | undefined
  let contentBytes = 0

  const note = (report: Report): void => {
    if (report.usage) {
      raw = raw ? codec.mergeUsage(raw, report.usage) : report.usage
      final ||= report.usageIsFinal === true
    }
    upstreamId ??= report.id ?? null
    reportedModel ??= report.model ?? null
    stopReason = report.stopReason ?? stopReason
    if (report.context !== undefined)
      context = isObject(context) && isObject(report.context) ? { ...context, ...report.context } : report.context
    contentBytes += report.contentBytes
  }

  return {
    take: (payload) => note(codec.reportOf(payload)),
    reading: () => ({ raw, final, upstreamId, reportedModel, stopReason, context, contentBytes }),
  }
}

/** The JSON in a frame's data, or undefined where it has none (a comment, `[DONE]`). */
export function payloadOf(data: string): Json | undefined {
  return data.charCodeAt(0) === 0x7b ? parseJson(data) : undefined
}

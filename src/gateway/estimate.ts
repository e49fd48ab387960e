/** Token estimates for answers whose provider reported nothing: bytes over the dialect's bytes a token, rounded up. */

import { isObject, type Json } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'

type Sent = { readonly bytes: number; readonly media: boolean }

/** UTF-8 bytes of the text in a request: every string but inline media. Media is said and not counted. */
function textSent(value: Json | undefined): Sent {
  if (typeof value === 'string')
    return value.startsWith('data:') ? { bytes: 0, media: true } : { bytes: Buffer.byteLength(value), media: false }
  if (Array.isArray(value)) return value.map((item: Json) => textSent(item)).reduce(sum, nothing)
  if (!isObject(value)) return nothing
  const inline = value.type === 'base64' || typeof value.file_data === 'string' || typeof value.format === 'string'
  return Object.entries(value)
    .map(([key, part]) => (inline && (key === 'data' || key === 'file_data') ? { bytes: 0, media: true } : textSent(part)))
    .reduce(sum, nothing)
}

const nothing: Sent = { bytes: 0, media: false }
const sum = (a: Sent, b: Sent): Sent => ({ bytes: a.bytes + b.bytes, media: a.media || b.media })

/** What the members that become the prompt hold: everything else in a request is settings. */
const promptMembers = ['messages', 'system', 'tools', 'functions', 'prompt', 'input'] as const

export function estimateUsage(request: Json | undefined, contentBytes: number, bytesPerToken: number): Usage {
  const sent = isObject(request) ? promptMembers.map((member) => textSent(request[member])).reduce(sum, nothing) : nothing
  return {
    segments: [{ meters: { input_tokens: tokens(sent.bytes, bytesPerToken), output_tokens: tokens(contentBytes, bytesPerToken) } }],
    flags: sent.media ? ['estimate_excludes_media'] : [],
  }
}

/** A partial report, with the output raised to our estimate where that is larger: the last count came before the last text. */
export function atLeast(partial: Usage, contentBytes: number, bytesPerToken: number): Usage {
  const [first, ...others] = partial.segments
  if (!first) return partial
  const counted = (first.meters.output_tokens ?? 0n) + (first.meters.reasoning_tokens ?? 0n)
  const missing = tokens(contentBytes, bytesPerToken) - counted
  if (missing <= 0n) return partial
  const meters = { ...first.meters, output_tokens: (first.meters.output_tokens ?? 0n) + missing }
  return { segments: [{ ...first, meters }, ...others], flags: partial.flags }
}

function tokens(bytes: number, bytesPerToken: number): bigint {
  return BigInt(Math.ceil(bytes / bytesPerToken))
}

/** What a reply means, whatever number of parts it is told in and however its JSON is spelled: what two tellings of it are compared by. */

import { parseExactly } from '../../src/contracts/exact-json.ts'
import type { Reply, Seal } from '../../src/core/call.ts'
import { isObject, type Json } from '../../src/core/json.ts'
import { type Meter, meters } from '../../src/core/meters.ts'
import type { Usage } from '../../src/core/usage.ts'

export type Meaning = {
  readonly said: Readonly<Record<string, string>>
  readonly seals: readonly Seal[]
  readonly stopReason: string
  readonly stopSequence: string | undefined
}

export function meaningOf(reply: Reply): Meaning {
  const said: Record<string, string> = {}
  for (const part of reply.parts) {
    const key = part.type === 'tool-call' ? `call ${part.id} ${part.name}` : part.type
    said[key] = (said[key] ?? '') + (part.type === 'tool-call' ? spelledPlainly(part.arguments) : part.text)
  }
  const seals = reply.parts.flatMap((part) => (part.type === 'reasoning' && part.seal ? [part.seal] : []))
  return { said, seals, stopReason: reply.stopReason, stopSequence: reply.stopSequence }
}

/** Arguments of a tool that are an object, in one spelling. No text is an object without members. Any other text is itself. */
export function spelledPlainly(text: string): string {
  if (text.trim() === '') return '{}'
  const parsed = parsedOrUndefined(text)
  return isObject(parsed) ? JSON.stringify(parsed) : text
}

function parsedOrUndefined(text: string): Json | undefined {
  try {
    return parseExactly(text)
  } catch {
    return undefined
  }
}

/** What both sides of a translation must count alike: all that went in, all that came out, and what of it was cached. */
export function totalsOf(usage: Usage | null): Readonly<Record<string, bigint>> {
  const totals = { input: 0n, output: 0n, cacheRead: 0n }
  for (const [meter, amount] of (usage?.segments ?? []).flatMap((segment) => Object.entries(segment.meters) as [Meter, bigint][])) {
    const { group } = meters[meter]
    if (group !== 'other') totals[group] += amount
    if (meter.startsWith('cache_read')) totals.cacheRead += amount
  }
  return totals
}

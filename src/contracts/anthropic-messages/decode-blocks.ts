/** Content blocks of messages as parts: what a user says, what an assistant says, and what may hold only text. */

import type { AssistantPart, ReasoningPart, TextPart, ToolResultPart, UserPart } from '../../core/call.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { markIn } from '../cache-marks.ts'
import { flagIn, needed, objectIn, objectsIn, type Placed, type Reading, textIn, warnOfStrangers, within } from '../fields.ts'
import { present } from '../present.ts'
import { openedEnvelope } from '../seals.ts'
import { textOfArguments } from '../tool-arguments.ts'
import { unescapedId } from '../tool-ids.ts'
import { documentBlock, imageBlock } from './decode-media.ts'
import { providerBlock } from './words.ts'

type Decode<P> = (placed: Placed, reading: Reading) => P | undefined
type Kinds<P> = Readonly<Record<string, Decode<P>>>

export function textBlocks(from: JsonObject, name: string, path: string, reading: Reading): readonly TextPart[] {
  return blocksOf(from, name, path, reading, { text: textBlock }, 'only text is translated here')
}

export function userBlocks(message: JsonObject, path: string, reading: Reading): readonly UserPart[] {
  return blocksOf(message, 'content', path, reading, userKinds, 'no other contract has such a block')
}

export function answerBlocks(message: JsonObject, path: string, reading: Reading): readonly AssistantPart[] {
  return blocksOf(message, 'content', path, reading, answerKinds, providerBlock)
}

/** One text, or a list. No content, and empty content, are no part at all. */
function blocksOf<P>(
  from: JsonObject,
  name: string,
  path: string,
  reading: Reading,
  kinds: Kinds<P>,
  otherwise: string,
): readonly (P | TextPart)[] {
  const content: Json | undefined = from[name]
  if (content === undefined || content === null || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw reading.refuse(within(path, name), 'is neither a text nor a list of blocks')
  const parts: P[] = []
  for (const placed of objectsIn(from, name, path, reading)) {
    const type = textIn(placed.value, 'type', placed.path, reading) ?? ''
    const part = Object.hasOwn(kinds, type) ? kinds[type]!(placed, reading) : undefined
    if (part !== undefined) parts.push(part)
    else if (!Object.hasOwn(kinds, type)) reading.warn({ field: `${placed.path}.type`, reason: otherwise })
  }
  return parts
}

const textMembers: ReadonlySet<string> = new Set(['type', 'text', 'cache_control'])
const thinkingMembers: ReadonlySet<string> = new Set(['type', 'thinking', 'signature'])
const redactedMembers: ReadonlySet<string> = new Set(['type', 'data'])
/** Who called a tool is told where a provider's tool did; it always could be the model. */
const useMembers: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input', 'cache_control', 'caller'])
const resultMembers: ReadonlySet<string> = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control'])

const textBlock: Decode<TextPart> = ({ value, path }, reading) => {
  warnOfStrangers(value, textMembers, path, reading.warn)
  return present({ type: 'text' as const, text: textIn(value, 'text', path, reading) ?? '', cache: markIn(value, path, reading.warn) })
}

const resultKinds: Kinds<ToolResultPart['parts'][number]> = { text: textBlock, image: imageBlock, document: documentBlock }

const userKinds: Kinds<UserPart> = {
  ...resultKinds,
  tool_result({ value, path }, reading) {
    warnOfStrangers(value, resultMembers, path, reading.warn)
    return present({
      type: 'tool-result' as const,
      callId: unescapedId(needed(textIn(value, 'tool_use_id', path, reading), 'tool_use_id', path, reading)),
      parts: blocksOf(value, 'content', path, reading, resultKinds, 'no other contract has such a block in a result'),
      isError: flagIn(value, 'is_error', path, reading) ?? false,
      cache: markIn(value, path, reading.warn),
    })
  },
}

const answerKinds: Kinds<AssistantPart> = {
  text: textBlock,
  thinking({ value, path }, reading) {
    warnOfStrangers(value, thinkingMembers, path, reading.warn)
    return thought(textIn(value, 'thinking', path, reading) ?? '', textIn(value, 'signature', path, reading) ?? '')
  },
  redacted_thinking({ value, path }, reading) {
    warnOfStrangers(value, redactedMembers, path, reading.warn)
    return redacted(needed(textIn(value, 'data', path, reading), 'data', path, reading))
  },
  tool_use({ value, path }, reading) {
    warnOfStrangers(value, useMembers, path, reading.warn)
    return present({
      type: 'tool-call' as const,
      id: unescapedId(needed(textIn(value, 'id', path, reading), 'id', path, reading)),
      name: needed(textIn(value, 'name', path, reading) || undefined, 'name', path, reading),
      arguments: textOfArguments(objectIn(value, 'input', path, reading) ?? {}),
      cache: markIn(value, path, reading.warn),
    })
  },
}

const own = 'anthropic-messages'

/** No signature is no seal; one that is an envelope is the seal of another contract. */
function thought(text: string, signature: string): ReasoningPart {
  if (signature === '') return { type: 'reasoning', text }
  return { type: 'reasoning', text, seal: sealOf(signature) }
}

export function sealOf(signature: string): NonNullable<ReasoningPart['seal']> {
  return openedEnvelope(signature) ?? { origin: own, signature }
}

export function redacted(data: string): ReasoningPart {
  return { type: 'reasoning', text: '', seal: { origin: own, encrypted: data } }
}

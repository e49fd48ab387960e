/** Answers of messages, whole or as events: what they say for the books, and the list of models in this shape. */

import { at, isObject, type Json } from '../../core/json.ts'
import type { Report } from '../../core/usage.ts'
import type { Fault } from '../../core/wire.ts'
import { jsonAnswer } from '../answers.ts'
import { contextOf } from '../context.ts'
import type { ListedModel } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { argumentBytes, nonEmptyText, textBytes } from '../said.ts'

export function reportOf(payload: Json, dialect: Dialect): Report {
  if (!isObject(payload)) return { contentBytes: 0 }
  const message = isObject(payload.message) ? payload.message : payload
  const isMessage = payload.type === 'message_start' || payload.type === 'message' || payload.type === undefined
  const id = isMessage ? nonEmptyText(message.id) : undefined
  const model = isMessage ? nonEmptyText(message.model) : undefined
  const stopReason = nonEmptyText(at(payload, 'delta.stop_reason') ?? message.stop_reason)
  const usage = dialect.usage.at.map((place) => at(payload, place)).find(isObject)
  const context = contextOf(usage)
  return {
    ...(id === undefined ? {} : { id }),
    ...(model === undefined ? {} : { model }),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(usage === undefined ? {} : { usage, usageIsFinal: payload.type !== 'message_start' }),
    ...(context === undefined ? {} : { context }),
    contentBytes: blocksOf(message).reduce<number>(
      (bytes, block) => bytes + bytesOf(block),
      bytesOf(payload.content_block) + bytesOf(payload.delta),
    ),
  }
}

/** Claude's own tools show only models whose name holds `claude` or `anthropic`: the others are published under such a name too. */
export function encodeModels(models: readonly ListedModel[]): Fault {
  const data = models.flatMap(({ name, createdAt }) => {
    const ids = /claude|anthropic/i.test(name) ? [name] : [name, `anthropic/${name}`]
    return ids.map((id) => ({ type: 'model', id, display_name: name, created_at: new Date(createdAt).toISOString() }))
  })
  return jsonAnswer(200, { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null })
}

function blocksOf(message: Json): readonly Json[] {
  const content = at(message, 'content')
  return Array.isArray(content) ? (content as readonly Json[]) : []
}

/** A block or a delta of one. An empty input stands in the block that opens a tool call, before its arguments come. */
function bytesOf(block: Json | undefined): number {
  if (!isObject(block)) return 0
  const input = isObject(block.input) && Object.keys(block.input).length > 0 ? argumentBytes(block.input) : 0
  return textBytes(block.text) + textBytes(block.thinking) + textBytes(block.partial_json) + input
}

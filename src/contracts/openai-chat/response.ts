/** Answers of chat completions: what they say for the books, and the list of models in this shape. */

import { at, isObject, type Json } from '../../core/json.ts'
import type { RawUsage, Report } from '../../core/usage.ts'
import type { Fault } from '../../core/wire.ts'
import { jsonAnswer } from '../answers.ts'
import { contextOf } from '../context.ts'
import type { ListedModel } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { argumentBytes, nonEmptyText, textBytes } from '../said.ts'

export function reportOf(payload: Json, dialect: Dialect): Report {
  if (!isObject(payload)) return { contentBytes: 0 }
  const choices = choicesOf(payload)
  const id = nonEmptyText(payload.id)
  const model = nonEmptyText(payload.model)
  const stopReason = choices.map((choice) => nonEmptyText(at(choice, 'finish_reason'))).find((reason) => reason !== undefined)
  const usage = usageIn(payload, dialect.usage.at)
  const context = contextOf(payload)
  return {
    ...(id === undefined ? {} : { id }),
    ...(model === undefined ? {} : { model }),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(usage === undefined ? {} : { usage, usageIsFinal: choices.every(isLast) }),
    ...(context === undefined ? {} : { context }),
    contentBytes: choices.reduce<number>((bytes, choice) => bytes + bytesOf(at(choice, 'delta') ?? at(choice, 'message')), 0),
  }
}

export function encodeModels(models: readonly ListedModel[]): Fault {
  const data = models.map(({ name, provider, createdAt }) => ({
    id: name,
    object: 'model',
    created: Math.floor(createdAt / 1000),
    owned_by: provider,
  }))
  return jsonAnswer(200, { object: 'list', data })
}

export function choicesOf(payload: Json): readonly Json[] {
  const choices = at(payload, 'choices')
  return Array.isArray(choices) ? (choices as readonly Json[]) : []
}

/** The first report that is there. The breakdown by model of a compound system stands beside it, and is kept with it. */
export function usageIn(payload: Json, places: readonly string[]): RawUsage | undefined {
  for (const place of places) {
    const usage = at(payload, place)
    if (!isObject(usage)) continue
    const parent = place.slice(0, Math.max(place.lastIndexOf('.'), 0))
    const breakdown = at(parent === '' ? payload : at(payload, parent), 'usage_breakdown')
    return isObject(breakdown) && Array.isArray(breakdown.models) ? { ...usage, usage_breakdown: breakdown } : usage
  }
  return undefined
}

/** A choice of a whole body, or the last one of a stream: a report beside any other is a running count. */
function isLast(choice: Json): boolean {
  return at(choice, 'delta') === undefined || nonEmptyText(at(choice, 'finish_reason')) !== undefined
}

/** Providers that show reasoning under two names show it twice: the first that is there counts. */
function bytesOf(message: Json | undefined): number {
  if (!isObject(message)) return 0
  const calls = Array.isArray(message.tool_calls) ? (message.tool_calls as readonly Json[]) : []
  const reasoning = textBytes(message.reasoning_content) || textBytes(message.reasoning)
  const called = calls.reduce<number>((bytes, call) => bytes + argumentBytes(at(call, 'function.arguments') ?? at(call, 'custom.input')), 0)
  const spoken = textBytes(at(message, 'audio.transcript'))
  return (
    textBytes(message.content) +
    reasoning +
    textBytes(message.refusal) +
    spoken +
    called +
    argumentBytes(at(message, 'function_call.arguments'))
  )
}

/** A call as a provider of messages is to receive it, in its dialect. */

import type { Call, OutputShape, Tool, ToolChoice, Warn } from '../../core/call.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Retargeted } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { forwardedHeaders } from '../headers.ts'
import { present } from '../present.ts'
import { type Wish, wishFor } from '../reasoning.ts'
import { fittedTemperature, fittedUser, spelled } from '../spelling.ts'
import { once } from '../warnings.ts'
import { markOf } from './cache.ts'
import { encodeMessages } from './encode-messages.ts'
import { defaultVersion, generatePath } from './request.ts'
import { askedTiers } from './words.ts'

/** Parameters of a call that this contract has no word for. */
const unsayable = {
  seed: 'seed',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  metadata: 'metadata',
} as const satisfies Partial<Record<keyof Call, string>>

export function encodeRequest(call: Call, model: string, dialect: Dialect, heard: Warn): Retargeted {
  const warn = once(heard)
  for (const [name, field] of Object.entries(unsayable)) {
    if (call[name as keyof Call] !== undefined) warn({ field, reason: 'this contract has no such parameter' })
  }
  const wish = fittedWish(call, wishFor(call.reasoning, dialect.reasoning, warn), warn)
  const { system, messages } = encodeMessages(call.messages, dialect, warn)
  const user = fittedUser(call.user, dialect, warn)
  const { output_config: config, ...wished } = wish.fields
  const format = call.output && formatOf(call.output, warn)
  const parameters = {
    system,
    [dialect.outputCap]: call.maxTokens ?? defaultCap(wish.budget, dialect, warn),
    tools: call.tools?.map((tool) => toolOf(tool, dialect, warn)),
    tool_choice: choiceOf(call, warn),
    temperature: fittedTemperature(call.temperature, dialect, warn),
    top_p: call.topP,
    top_k: topK(call.topK, dialect, warn),
    stop_sequences: call.stop,
    ...wished,
    output_config: format || config ? { ...(isObject(config) ? config : {}), ...(format ? { format } : {}) } : undefined,
    metadata: user === undefined ? undefined : { user_id: user },
    service_tier: tierOf(call.serviceTier, warn),
  }
  const body = { model, messages, ...spelled(parameters, dialect, wish.thinks, warn), ...(call.stream ? { stream: true } : {}) }
  return {
    method: 'POST',
    path: dialect.paths.generate ?? generatePath,
    headers: forwardedHeaders({}, [], dialect, defaultVersion),
    body: Buffer.from(JSON.stringify(body)),
    askedForUsage: false,
  }
}

/** A budget must be smaller than the cap. One that was chosen for an effort gives way to the caller's cap. */
function fittedWish(call: Call, wish: Wish, warn: Warn): Wish {
  const cap = call.maxTokens
  if (wish.budget === 0 || cap === undefined || wish.budget < cap || call.reasoning?.budgetTokens !== undefined) return wish
  if (cap > leastBudget)
    return { ...wish, budget: cap - 1, fields: { ...wish.fields, thinking: { type: 'enabled', budget_tokens: cap - 1 } } }
  warn({ field: 'reasoning', reason: `max_tokens leaves no room for it: the least budget is ${leastBudget} tokens` })
  return { fields: {}, thinks: false, budget: 0 }
}

const leastBudget = 1024

function defaultCap(budget: number, dialect: Dialect, warn: Warn): number | undefined {
  if (dialect.outputDefault === null) return undefined
  const cap = dialect.outputDefault + budget
  warn({ field: 'max_tokens', reason: `required by the provider; ${cap} was written` })
  return cap
}

function topK(asked: number | undefined, dialect: Dialect, warn: Warn): number | undefined {
  if (asked === undefined || dialect.topK) return asked
  warn({ field: 'top_k', reason: 'this provider has no such parameter' })
  return undefined
}

/** A schema must say that it is one of an object. */
function toolOf({ name, description, parameters, strict, cache }: Tool, dialect: Dialect, warn: Warn): JsonObject {
  const schema = parameters.type === undefined ? { type: 'object', ...parameters } : parameters
  return present({ name, description, input_schema: schema, strict, cache_control: markOf(cache, dialect, warn) })
}

const choices = { auto: 'auto', none: 'none', required: 'any' } as const

/** Whether tools may be called side by side stands inside the choice. */
function choiceOf({ toolChoice, parallelTools, tools }: Call, warn: Warn): Json | undefined {
  const choice: ToolChoice | undefined = toolChoice ?? (parallelTools === undefined || !tools ? undefined : { type: 'auto' })
  const parallel = parallelTools === undefined ? {} : { disable_parallel_tool_use: !parallelTools }
  if (parallelTools !== undefined && (choice === undefined || choice.type === 'none'))
    warn({ field: 'parallel_tools', reason: 'no tool is to be called' })
  if (choice === undefined) return undefined
  if (choice.type === 'tool') return { type: 'tool', name: choice.name, ...parallel }
  return choice.type === 'none' ? { type: 'none' } : { type: choices[choice.type], ...parallel }
}

function formatOf(output: OutputShape, warn: Warn): JsonObject | undefined {
  if (output.type === 'json') {
    warn({ field: 'output', reason: 'this contract promises JSON only with a schema' })
    return undefined
  }
  for (const name of ['name', 'description', 'strict'] as const) {
    if (output[name] !== undefined) warn({ field: `output.${name}`, reason: 'a schema stands alone here' })
  }
  return { type: 'json_schema', schema: output.schema }
}

function tierOf(tier: string | undefined, warn: Warn): string | undefined {
  if (tier === undefined) return undefined
  const word = Object.hasOwn(askedTiers, tier) ? askedTiers[tier] : undefined
  if (word !== tier)
    warn({ field: 'service_tier', reason: word === undefined ? 'this contract has no such tier' : `this contract says ${word} for it` })
  return word
}

/** A call as a provider of chat completions is to receive it, in its dialect. */

import type { Call, OutputShape, Tool, ToolChoice, Warn } from '../../core/call.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { writtenMark } from '../cache-marks.ts'
import type { Retargeted } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { forwardedHeaders } from '../headers.ts'
import { present } from '../present.ts'
import { wishFor } from '../reasoning.ts'
import { fittedTemperature, fittedUser, spelled } from '../spelling.ts'
import { once } from '../warnings.ts'
import { markUnsaid } from './cache.ts'
import { encodeMessages } from './encode-messages.ts'
import { generatePath } from './request.ts'
import { serviceTiers } from './words.ts'

/** A stream is always asked for its usage, so that the books have it. */
export function encodeRequest(call: Call, model: string, dialect: Dialect, heard: Warn): Retargeted {
  const warn = once(heard)
  const wish = wishFor(call.reasoning, dialect.reasoning, warn)
  if (call.topK !== undefined && !dialect.topK) warn({ field: 'top_k', reason: 'this contract has no such parameter' })
  const parameters = {
    tools: call.tools?.map((tool) => toolOf(tool, dialect, warn)),
    tool_choice: call.toolChoice && choiceOf(call.toolChoice),
    parallel_tool_calls: call.parallelTools,
    [dialect.outputCap]: call.maxTokens ?? defaultCap(dialect, warn),
    temperature: fittedTemperature(call.temperature, dialect, warn),
    top_p: call.topP,
    top_k: dialect.topK ? call.topK : undefined,
    stop: call.stop,
    seed: call.seed,
    frequency_penalty: call.frequencyPenalty,
    presence_penalty: call.presencePenalty,
    ...wish.fields,
    response_format: call.output && formatOf(call.output, warn),
    user: fittedUser(call.user, dialect, warn),
    metadata: call.metadata,
    service_tier: tierOf(call.serviceTier, warn),
  }
  const body = {
    model,
    messages: encodeMessages(call.messages, dialect, warn),
    ...spelled(parameters, dialect, wish.thinks, warn),
    ...(call.stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  }
  return {
    method: 'POST',
    path: dialect.paths.generate ?? generatePath,
    headers: forwardedHeaders({}, [], dialect),
    body: Buffer.from(JSON.stringify(body)),
    askedForUsage: call.stream && !call.streamUsage,
  }
}

function defaultCap(dialect: Dialect, warn: Warn): number | undefined {
  if (dialect.outputDefault === null) return undefined
  warn({ field: 'max_tokens', reason: `required by the provider; ${dialect.outputDefault} was written` })
  return dialect.outputDefault
}

function toolOf({ name, description, parameters, strict, cache }: Tool, dialect: Dialect, warn: Warn): JsonObject {
  const marks = dialect.cacheControl === 'parts'
  if (cache && !marks) markUnsaid(warn)
  return present({
    type: 'function',
    function: present({ name, description, parameters, strict }),
    cache_control: marks ? writtenMark(cache) : undefined,
  })
}

function choiceOf(choice: ToolChoice): Json {
  return choice.type === 'tool' ? { type: 'function', function: { name: choice.name } } : choice.type
}

const unnamed = 'output'

/** A schema must have a name here. */
function formatOf(output: OutputShape, warn: Warn): JsonObject {
  if (output.type === 'json') return { type: 'json_object' }
  const { name, description, schema, strict } = output
  if (name === undefined) warn({ field: 'output.name', reason: `required by the provider; ${unnamed} was written` })
  return { type: 'json_schema', json_schema: present({ name: name ?? unnamed, description, schema, strict }) }
}

function tierOf(tier: string | undefined, warn: Warn): string | undefined {
  if (tier === undefined || !Object.hasOwn(serviceTiers, tier)) return tier
  warn({ field: 'service_tier', reason: `this contract says ${serviceTiers[tier]} for it` })
  return serviceTiers[tier]
}

/** Anthropic messages, as the built-in provider reads and writes them. */

import { at, isObject, type Json, type JsonObject } from '../core/json.ts'
import type { Answer, Asked, Count, Format, Tool } from './asked.ts'

const stops = { end: 'end_turn', length: 'max_tokens', tool: 'tool_use' } as const

const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
}

export const anthropicMessages: Format = {
  read(body) {
    if (!Array.isArray(body.messages)) throw new Error('messages: Field required')
    if (typeof body.max_tokens !== 'number') throw new Error('max_tokens: Field required')
    const messages = body.messages.filter(isObject)
    const last = messages.filter(({ role }) => role === 'user').at(-1)
    return {
      stream: body.stream === true,
      wantsUsage: true,
      texts: [...textsOf(body.system), ...messages.flatMap((message) => textsOf(message.content))],
      last: spokenIn(last?.content).at(-1) ?? '',
      endsInToolResult: messages.at(-1)?.role === 'user' && listOf(messages.at(-1)?.content).some(({ type }) => type === 'tool_result'),
      tools: listOf(body.tools).flatMap(toolOf),
      forced: forcedBy(body.tool_choice),
      cap: Math.max(0, body.max_tokens),
    }
  },

  whole: (answer) => ({
    ...about(answer),
    content: [blockOf(answer)],
    stop_reason: stops[answer.stop],
    stop_sequence: null,
    ...(answer.usage === null ? {} : { usage: usageOf(answer.usage) }),
  }),

  frames(answer) {
    const { call, usage } = answer
    const block = call === null ? { type: 'text', text: '' } : { type: 'tool_use', id: call.id, name: call.name, input: {} }
    const delta = (part: string): JsonObject =>
      call === null ? { type: 'text_delta', text: part } : { type: 'input_json_delta', partial_json: part }
    const message = {
      ...about(answer),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      ...(usage === null ? {} : { usage: usageOf({ ...usage, output: 0 }) }),
    }
    return {
      opening: [
        frame({ type: 'message_start', message }),
        frame({ type: 'content_block_start', index: 0, content_block: block }),
        frame({ type: 'ping' }),
      ],
      content: answer.pieces.map((part) => frame({ type: 'content_block_delta', index: 0, delta: delta(part) })),
      closing: [
        frame({ type: 'content_block_stop', index: 0 }),
        frame({
          type: 'message_delta',
          delta: { stop_reason: stops[answer.stop], stop_sequence: null },
          ...(usage === null ? {} : { usage: usageOf(usage) }),
        }),
        frame({ type: 'message_stop' }),
      ],
    }
  },

  error: (status, message, id) => ({
    type: 'error',
    error: { type: errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error'), message },
    request_id: id,
  }),
  errorFrame: (message, id) => frame({ type: 'error', error: { type: 'overloaded_error', message }, request_id: id }),
  list: (names) => ({
    data: names.map((id) => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' })),
    has_more: false,
    first_id: names[0] ?? null,
    last_id: names.at(-1) ?? null,
  }),
}

const frame = (payload: JsonObject): string => `event: ${String(payload.type)}\ndata: ${JSON.stringify(payload)}\n\n`

function about(answer: Answer): JsonObject {
  return { id: answer.id, type: 'message', role: 'assistant', model: answer.model }
}

function blockOf({ text, call }: Answer): JsonObject {
  return call === null ? { type: 'text', text } : { type: 'tool_use', id: call.id, name: call.name, input: call.input }
}

/** The input count leaves out what the cache read and wrote. */
function usageOf({ input, output, cacheRead, cacheWrite }: Count): JsonObject {
  return { input_tokens: input, cache_creation_input_tokens: cacheWrite, cache_read_input_tokens: cacheRead, output_tokens: output }
}

/** Every text of a message, its tool calls and their results included. */
function textsOf(content: Json | undefined): string[] {
  if (typeof content === 'string') return [content]
  return listOf(content).flatMap((block) => {
    if (block.type === 'tool_use') return [JSON.stringify(block.input ?? {})]
    if (block.type === 'tool_result') return textsOf(block.content)
    return typeof block.text === 'string' ? [block.text] : []
  })
}

function spokenIn(content: Json | undefined): string[] {
  return typeof content === 'string' ? [content] : textsOf(listOf(content).filter(({ type }) => type !== 'tool_use'))
}

function toolOf(tool: JsonObject): Tool[] {
  return typeof tool.name === 'string' ? [{ name: tool.name, schema: tool.input_schema ?? {} }] : []
}

function forcedBy(choice: Json | undefined): Asked['forced'] {
  const name = at(choice, 'name')
  return typeof name === 'string' ? name : at(choice, 'type') === 'any'
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

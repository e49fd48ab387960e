/** OpenAI chat completions, as the built-in provider reads and writes them. */

import { at, isObject, type Json, type JsonObject } from '../core/json.ts'
import type { Answer, Asked, Count, Format, Tool } from './asked.ts'

const stops = { end: 'stop', length: 'length', tool: 'tool_calls' } as const

const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_exceeded',
}

export const openaiChat: Format = {
  read(body) {
    if (!Array.isArray(body.messages)) throw new Error("'messages' must be an array.")
    const messages = body.messages.filter(isObject)
    const spoken = messages.filter(({ role }) => role === 'user' || role === 'tool')
    const last = spoken.at(-1)
    return {
      stream: body.stream === true,
      wantsUsage: at(body, 'stream_options.include_usage') === true,
      texts: messages.flatMap((message) => [...textsOf(message.content), ...callsOf(message)]),
      last: textsOf(last?.content).at(-1) ?? '',
      endsInToolResult: messages.at(-1)?.role === 'tool',
      tools: listOf(body.tools).flatMap(toolOf),
      forced: forcedBy(body.tool_choice),
      cap: capOf(body.max_completion_tokens) ?? capOf(body.max_tokens),
    }
  },

  whole: (answer) => ({
    ...about(answer, 'chat.completion'),
    choices: [{ index: 0, message: messageOf(answer), logprobs: null, finish_reason: stops[answer.stop] }],
    ...(answer.usage === null ? {} : { usage: usageOf(answer.usage) }),
  }),

  frames(answer, wantsUsage) {
    const nothingYet = wantsUsage ? { usage: null } : {}
    const chunk = (delta: JsonObject, finish: string | null = null) =>
      frame({
        ...about(answer, 'chat.completion.chunk'),
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        ...nothingYet,
      })
    const { call } = answer
    const started =
      call === null
        ? []
        : [chunk({ tool_calls: [{ index: 0, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] })]
    const content =
      call === null
        ? answer.pieces.map((content) => chunk({ content }))
        : answer.pieces.map((part) => chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }))
    const counted = wantsUsage && answer.usage !== null
    return {
      opening: [chunk({ role: 'assistant', content: call === null ? '' : null }), ...started],
      content,
      closing: [
        chunk({}, stops[answer.stop]),
        ...(counted ? [frame({ ...about(answer, 'chat.completion.chunk'), choices: [], usage: usageOf(answer.usage) })] : []),
        'data: [DONE]\n\n',
      ],
    }
  },

  error: (status, message) => ({
    error: { message, type: errorTypes[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error'), param: null, code: null },
  }),
  errorFrame: (message) => frame({ error: { message, type: 'server_error', param: null, code: null } }),
  list: (names) => ({ object: 'list', data: names.map((id) => ({ id, object: 'model', created: 0, owned_by: 'simulated' })) }),
}

const frame = (payload: JsonObject): string => `data: ${JSON.stringify(payload)}\n\n`

function about(answer: Answer, object: string): JsonObject {
  return { id: answer.id, object, created: answer.created, model: answer.model, system_fingerprint: 'simulated' }
}

function messageOf({ text, call }: Answer): JsonObject {
  if (call === null) return { role: 'assistant', content: text, refusal: null }
  return {
    role: 'assistant',
    content: null,
    refusal: null,
    tool_calls: [{ id: call.id, type: 'function', function: { name: call.name, arguments: call.json } }],
  }
}

/** The prompt count includes what the cache read and wrote. */
function usageOf({ input, output, cacheRead, cacheWrite }: Count): JsonObject {
  const prompt = input + cacheRead + cacheWrite
  const details = cacheRead + cacheWrite > 0 ? { cached_tokens: cacheRead, cache_write_tokens: cacheWrite } : { cached_tokens: 0 }
  return { prompt_tokens: prompt, completion_tokens: output, total_tokens: prompt + output, prompt_tokens_details: details }
}

function textsOf(content: Json | undefined): string[] {
  if (typeof content === 'string') return [content]
  return listOf(content).flatMap((part) => (typeof part.text === 'string' ? [part.text] : []))
}

function callsOf(message: JsonObject): string[] {
  return listOf(message.tool_calls).flatMap((call) => {
    const text = at(call, 'function.arguments')
    return typeof text === 'string' ? [text] : []
  })
}

function toolOf(tool: JsonObject): Tool[] {
  const name = at(tool, 'function.name')
  return typeof name === 'string' ? [{ name, schema: at(tool, 'function.parameters') ?? {} }] : []
}

function forcedBy(choice: Json | undefined): Asked['forced'] {
  const name = at(choice, 'function.name')
  return typeof name === 'string' ? name : choice === 'required'
}

function capOf(value: Json | undefined): number | null {
  return typeof value === 'number' && value >= 0 ? value : null
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

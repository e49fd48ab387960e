/** The fields of chat completions. */

import type { Json, JsonObject } from '../../../src/core/json.ts'
import { type Probes, pdf, png, schema } from './probe.ts'

const tool = { type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema } }
const user = (...content: Json[]): JsonObject => ({ messages: [{ role: 'user', content }] })
const turn = (turn: JsonObject, ...after: JsonObject[]): JsonObject => ({
  messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', ...turn }, ...after, { role: 'user', content: 'On.' }],
})
const call = (extra: JsonObject = {}): JsonObject => ({
  id: 'call_1',
  type: 'function',
  function: { name: 'look', arguments: '{"a":"b"}' },
  ...extra,
})
const choice = (message: JsonObject, rest: JsonObject = {}): JsonObject => ({
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.', ...message }, finish_reason: 'stop', ...rest }],
})

export const openaiChat: Probes = {
  path: '/v1/chat/completions',
  request: { model: 'm', messages: [{ role: 'user', content: 'Hi' }], max_completion_tokens: 100 },
  requests: [
    {
      name: 'message, role `system`',
      with: {
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      },
    },
    {
      name: 'message, role `developer`',
      with: {
        messages: [
          { role: 'developer', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      },
    },
    {
      name: 'message, role `system`, between turns',
      with: {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'On.' },
        ],
      },
      beside: {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'user', content: 'On.' },
        ],
      },
    },
    { name: 'message, `name`', with: { messages: [{ role: 'user', content: 'Hi', name: 'ann' }] } },
    { name: 'content part `text`', with: user({ type: 'text', text: 'Hello' }), arrives: ['Hello'] },
    {
      name: 'content part `image_url`, a URL',
      with: user({ type: 'image_url', image_url: { url: 'https://files.example/a.png' } }),
      arrives: ['https://files.example/a.png'],
    },
    {
      name: 'content part `image_url`, base64',
      with: user({ type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }),
      arrives: [png],
    },
    {
      name: '`image_url.detail`',
      with: user({ type: 'image_url', image_url: { url: 'https://files.example/a.png', detail: 'low' } }),
      beside: user({ type: 'image_url', image_url: { url: 'https://files.example/a.png' } }),
    },
    {
      name: 'content part `file`, base64',
      with: user({ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` } }),
      arrives: [pdf],
    },
    { name: 'content part `file`, an id', with: user({ type: 'text', text: 'Hi' }, { type: 'file', file: { file_id: 'file_1' } }) },
    {
      name: 'content part `input_audio`',
      with: user({ type: 'text', text: 'Hi' }, { type: 'input_audio', input_audio: { data: png, format: 'wav' } }),
    },
    {
      name: 'content part of another type',
      with: user({ type: 'text', text: 'Hi' }, { type: 'video_url', video_url: { url: 'https://files.example/v' } }),
    },
    { name: '`cache_control` of a content part', with: user({ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }) },
    { name: 'assistant text', with: turn({ content: 'Hello.' }), arrives: ['Hello.'] },
    { name: 'assistant `refusal`', with: turn({ content: null, refusal: 'Never.' }), arrives: ['Never.'] },
    {
      name: 'assistant `reasoning_content`',
      with: turn({ content: 'Hello.', reasoning_content: 'Hm.' }),
      beside: turn({ content: 'Hello.' }),
    },
    { name: 'assistant `audio`', with: turn({ content: 'Hello.', audio: { id: 'audio_1' } }), beside: turn({ content: 'Hello.' }) },
    {
      name: 'tool calls and their results',
      with: turn({ content: null, tool_calls: [call()] }, { role: 'tool', tool_call_id: 'call_1', content: 'Seen.' }),
      arrives: ['call_1', 'look', 'Seen.'],
    },
    {
      name: 'parallel tool calls',
      with: turn(
        { content: null, tool_calls: [call(), call({ id: 'call_2' })] },
        { role: 'tool', tool_call_id: 'call_1', content: 'Seen.' },
        { role: 'tool', tool_call_id: 'call_2', content: 'Seen too.' },
      ),
      arrives: ['call_1', 'call_2', 'Seen.', 'Seen too.'],
    },
    {
      name: 'tool call whose arguments are no JSON',
      with: turn(
        { content: null, tool_calls: [call({ function: { name: 'look', arguments: '{"a":' } })] },
        { role: 'tool', tool_call_id: 'call_1', content: 'Bad.' },
      ),
    },
    {
      name: 'tool call of type `custom`',
      with: turn(
        { content: 'So.', tool_calls: [{ id: 'call_1', type: 'custom', custom: { name: 'look', input: 'x' } }] },
        { role: 'tool', tool_call_id: 'call_1', content: 'Seen.' },
      ),
      arrives: ['call_1', 'look', 'x', 'Seen.'],
    },
    {
      name: 'function_call and role `function` (deprecated)',
      with: turn(
        { content: 'So.', function_call: { name: 'look', arguments: '{}' } },
        { role: 'function', name: 'look', content: 'Seen.' },
      ),
      beside: turn({ content: 'So.' }),
      arrives: ['look', 'Seen.'],
    },
    { name: '`audio`', with: { audio: { voice: 'alloy', format: 'wav' } } },
    { name: '`frequency_penalty`', with: { frequency_penalty: 0.5 } },
    { name: '`functions` (deprecated)', with: { functions: [{ name: 'look', parameters: schema }] } },
    { name: '`logit_bias`', with: { logit_bias: { 50256: -100 } } },
    { name: '`logprobs`', with: { logprobs: true } },
    { name: '`top_logprobs`', with: { top_logprobs: 3 } },
    { name: '`max_completion_tokens`', with: { max_completion_tokens: 200 } },
    { name: '`max_tokens` (deprecated)', with: { max_tokens: 200, max_completion_tokens: null } },
    { name: '`metadata`', with: { metadata: { a: 'b' } } },
    { name: '`modalities`', with: { modalities: ['text', 'audio'] } },
    { name: '`n`', with: { n: 2 } },
    { name: '`parallel_tool_calls`', with: { parallel_tool_calls: false }, beside: { tools: [tool] } },
    { name: '`prediction`', with: { prediction: { type: 'content', content: 'Hello' } } },
    { name: '`presence_penalty`', with: { presence_penalty: 0.5 } },
    { name: '`prompt_cache_key`', with: { prompt_cache_key: 'k' } },
    { name: '`reasoning_effort`', with: { reasoning_effort: 'high' } },
    { name: '`reasoning_effort: "none"`', with: { reasoning_effort: 'none' } },
    { name: '`response_format`, `json_object`', with: { response_format: { type: 'json_object' } } },
    {
      name: '`response_format`, `json_schema`',
      with: { response_format: { type: 'json_schema', json_schema: { name: 'a', schema, strict: true } } },
    },
    { name: '`safety_identifier`', with: { safety_identifier: 'u1' } },
    { name: '`seed`', with: { seed: 7 } },
    { name: '`service_tier`', with: { service_tier: 'flex' } },
    { name: '`stop`', with: { stop: ['END'] } },
    { name: '`store`', with: { store: true } },
    { name: '`stream`', with: { stream: true } },
    { name: '`stream_options.include_usage`', with: { stream_options: { include_usage: true } }, beside: { stream: true } },
    { name: '`temperature`', with: { temperature: 0.5 } },
    { name: '`temperature` above 1', with: { temperature: 1.5 } },
    { name: '`tools`', with: { tools: [tool] } },
    {
      name: '`tools`, `strict`',
      with: { tools: [{ ...tool, function: { ...tool.function, strict: true } }] },
      beside: { tools: [tool] },
    },
    { name: '`tools` of type `custom`', with: { tools: [{ type: 'custom', custom: { name: 'look' } }] } },
    { name: '`tool_choice: "auto"`', with: { tool_choice: 'auto' }, beside: { tools: [tool] } },
    { name: '`tool_choice: "none"`', with: { tool_choice: 'none' }, beside: { tools: [tool] } },
    { name: '`tool_choice: "required"`', with: { tool_choice: 'required' }, beside: { tools: [tool] } },
    {
      name: '`tool_choice`, a function',
      with: { tool_choice: { type: 'function', function: { name: 'look' } } },
      beside: { tools: [tool] },
    },
    { name: '`top_p`', with: { top_p: 0.5 } },
    { name: '`user`', with: { user: 'u1' } },
    { name: '`verbosity`', with: { verbosity: 'low' } },
    { name: '`web_search_options`', with: { web_search_options: {} } },
    { name: 'a field that Purser does not know', with: { newer_than_purser: 1 } },
  ],
  answer: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    ...choice({}),
    usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 },
  },
  answers: [
    { name: 'text', with: choice({ content: 'Goodbye.' }) },
    { name: 'refusal', with: choice({ content: null, refusal: 'No.' }) },
    { name: 'tool calls', with: choice({ content: null, tool_calls: [call()] }, { finish_reason: 'tool_calls' }) },
    { name: 'reasoning (`reasoning_content`, `reasoning`)', with: choice({ reasoning_content: 'Hm.' }) },
    {
      name: '`annotations`',
      with: choice({
        annotations: [{ type: 'url_citation', url_citation: { url: 'https://files.example', title: 'a', start_index: 0, end_index: 1 } }],
      }),
    },
    { name: '`audio`', with: choice({ audio: { id: 'audio_1', data: png, transcript: 'Hello.', expires_at: 1 } }) },
    {
      name: '`logprobs`',
      with: choice({}, { logprobs: { content: [{ token: 'a', logprob: -1, bytes: null, top_logprobs: [] }], refusal: null } }),
    },
    {
      name: 'several choices',
      with: {
        choices: [choice({}).choices as Json, choice({}).choices as Json].flat().map((one, index) => ({ ...(one as JsonObject), index })),
      },
    },
    { name: '`finish_reason: "length"`', with: choice({}, { finish_reason: 'length' }) },
    { name: '`finish_reason: "content_filter"`', with: choice({}, { finish_reason: 'content_filter' }) },
    { name: 'a `finish_reason` that Purser does not know', with: choice({}, { finish_reason: 'newer' }) },
    {
      name: 'cached tokens',
      with: { usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } } },
    },
    {
      name: 'reasoning tokens',
      with: { usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, completion_tokens_details: { reasoning_tokens: 2 } } },
    },
    { name: '`service_tier`', with: { service_tier: 'flex' } },
    {
      name: '`system_fingerprint`',
      with: { system_fingerprint: 'fp_1' },
      idle: 'it names a state of that provider, and says nothing to any other',
    },
  ],
}

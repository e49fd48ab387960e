/** The fields of messages. */

import type { Json, JsonObject } from '../../../src/core/json.ts'
import { type Probes, pdf, png, schema } from './probe.ts'

const tool = { name: 'look', description: 'Looks.', input_schema: schema }

const user = (...content: Json[]): JsonObject => ({ messages: [{ role: 'user', content }] })
const turn = (content: Json[], ...results: Json[]): JsonObject => ({
  messages: [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content },
    { role: 'user', content: [...results, { type: 'text', text: 'On.' }] },
  ],
})
const toolUse = (id = 'toolu_1'): JsonObject => ({ type: 'tool_use', id, name: 'look', input: { a: 'b' } })
const toolResult = (content: Json, more: JsonObject = {}): JsonObject => ({ type: 'tool_result', tool_use_id: 'toolu_1', content, ...more })
const textBlock = (text: string, more: JsonObject = {}): JsonObject => ({ type: 'text', text, ...more })
const base64 = (mediaType: string, data: string): JsonObject => ({ type: 'base64', media_type: mediaType, data })
const counted = (more: JsonObject): JsonObject => ({ usage: { input_tokens: 9, output_tokens: 3, ...more } })

export const anthropicMessages: Probes = {
  path: '/v1/messages',
  request: { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] },
  requests: [
    { name: '`system`, a text', with: { system: 'Be brief.' } },
    { name: '`system`, blocks', with: { system: [textBlock('Be brief.'), textBlock('Be kind.')] } },
    {
      name: 'message, role `system`',
      with: {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'system', content: 'Be brief.' },
        ],
      },
    },
    { name: 'block `text`', with: user(textBlock('Hello')) },
    { name: 'block `image`, base64', with: user({ type: 'image', source: base64('image/png', png) }) },
    { name: 'block `image`, a URL', with: user({ type: 'image', source: { type: 'url', url: 'https://files.example/a.png' } }) },
    { name: 'block `image`, a file', with: user(textBlock('Hi'), { type: 'image', source: { type: 'file', file_id: 'file_1' } }) },
    { name: 'block `document`, base64', with: user({ type: 'document', source: base64('application/pdf', pdf) }) },
    {
      name: 'block `document`, a URL',
      with: user(textBlock('Hi'), { type: 'document', source: { type: 'url', url: 'https://files.example/a.pdf' } }),
    },
    { name: 'block `document`, text', with: user({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Hello' } }) },
    { name: 'block `document`, a file', with: user(textBlock('Hi'), { type: 'document', source: { type: 'file', file_id: 'file_1' } }) },
    {
      name: '`document.title`',
      with: user({ type: 'document', source: base64('application/pdf', pdf), title: 'a' }),
      beside: user({ type: 'document', source: base64('application/pdf', pdf) }),
    },
    {
      name: '`document.citations`',
      with: user({ type: 'document', source: base64('application/pdf', pdf), citations: { enabled: true } }),
      beside: user({ type: 'document', source: base64('application/pdf', pdf) }),
    },
    {
      name: 'block `search_result`',
      with: user(textBlock('Hi'), { type: 'search_result', source: 'a', title: 'b', content: [textBlock('c')] }),
    },
    { name: 'block `container_upload`', with: user(textBlock('Hi'), { type: 'container_upload', file_id: 'file_1' }) },
    {
      name: '`cache_control` of a block',
      with: user(textBlock('Hi', { cache_control: { type: 'ephemeral' } })),
      beside: user(textBlock('Hi')),
    },
    { name: '`cache_control` of the request', with: { cache_control: { type: 'ephemeral' } } },
    { name: 'assistant text', with: turn([textBlock('Hello.')]), arrives: ['Hello.'] },
    {
      name: 'assistant text as the last message (prefill)',
      with: {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'He' },
        ],
      },
    },
    {
      name: 'block `thinking`',
      with: turn([{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }, textBlock('Hello.')]),
      beside: turn([textBlock('Hello.')]),
    },
    {
      name: 'block `redacted_thinking`',
      with: turn([{ type: 'redacted_thinking', data: 'c2ln' }, textBlock('Hello.')]),
      beside: turn([textBlock('Hello.')]),
    },
    { name: 'tool calls and their results', with: turn([toolUse()], toolResult('Seen.')), arrives: ['toolu_1', 'look', 'Seen.'] },
    {
      name: 'parallel tool calls',
      with: turn([toolUse(), toolUse('toolu_2')], toolResult('Seen.'), { ...toolResult('Seen too.'), tool_use_id: 'toolu_2' }),
      arrives: ['toolu_1', 'toolu_2', 'Seen.', 'Seen too.'],
    },
    {
      name: '`tool_result`, an image',
      with: turn([toolUse()], toolResult([{ type: 'image', source: base64('image/png', png) }])),
      arrives: [png],
    },
    {
      name: '`tool_result`, a document',
      with: turn([toolUse()], toolResult([{ type: 'document', source: base64('application/pdf', pdf) }])),
      arrives: [pdf],
    },
    {
      name: '`tool_result.is_error`',
      with: turn([toolUse()], toolResult('Bad.', { is_error: true })),
      beside: turn([toolUse()], toolResult('Bad.')),
    },
    {
      name: 'blocks of tools that the provider runs',
      with: turn([textBlock('So.'), { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }]),
    },
    { name: '`container`', with: { container: 'container_1' } },
    { name: '`context_management`', with: { context_management: { edits: [] } } },
    { name: '`inference_geo`', with: { inference_geo: 'us' } },
    { name: '`max_tokens`', with: { max_tokens: 200 } },
    { name: '`mcp_servers`', with: { mcp_servers: [{ type: 'url', url: 'https://mcp.example', name: 'a' }] } },
    { name: '`metadata.user_id`', with: { metadata: { user_id: 'u1' } } },
    { name: '`output_config.effort`', with: { output_config: { effort: 'high' } } },
    { name: '`output_config.format`, `json_schema`', with: { output_config: { format: { type: 'json_schema', schema } } } },
    { name: '`service_tier`', with: { service_tier: 'standard_only' } },
    { name: '`speed`', with: { speed: 'fast' } },
    { name: '`stop_sequences`', with: { stop_sequences: ['END'] } },
    { name: '`stream`', with: { stream: true } },
    { name: '`temperature`', with: { temperature: 0.5 } },
    { name: '`thinking`, enabled with a budget', with: { thinking: { type: 'enabled', budget_tokens: 2048 } } },
    { name: '`thinking`, adaptive', with: { thinking: { type: 'adaptive' } } },
    { name: '`thinking`, disabled', with: { thinking: { type: 'disabled' } } },
    { name: '`tools`', with: { tools: [tool] } },
    { name: '`tools`, `strict`', with: { tools: [{ ...tool, strict: true }] }, beside: { tools: [tool] } },
    {
      name: '`tools`, `cache_control`',
      with: { tools: [{ ...tool, cache_control: { type: 'ephemeral' } }] },
      beside: { tools: [tool] },
    },
    { name: '`tools`, `defer_loading`', with: { tools: [{ ...tool, defer_loading: true }] }, beside: { tools: [tool] } },
    { name: '`tools` that the provider runs', with: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] } },
    { name: '`tool_choice`, auto', with: { tool_choice: { type: 'auto' } }, beside: { tools: [tool] } },
    { name: '`tool_choice`, any', with: { tool_choice: { type: 'any' } }, beside: { tools: [tool] } },
    { name: '`tool_choice`, none', with: { tool_choice: { type: 'none' } }, beside: { tools: [tool] } },
    { name: '`tool_choice`, a tool', with: { tool_choice: { type: 'tool', name: 'look' } }, beside: { tools: [tool] } },
    {
      name: '`tool_choice.disable_parallel_tool_use`',
      with: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      beside: { tools: [tool], tool_choice: { type: 'auto' } },
    },
    { name: '`top_k`', with: { top_k: 40 } },
    { name: '`top_p`', with: { top_p: 0.5 } },
    { name: 'a field that Purser does not know', with: { newer_than_purser: 1 } },
  ],
  answer: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [textBlock('Hello.')],
    stop_reason: 'end_turn',
    stop_sequence: null,
    ...counted({}),
  },
  answers: [
    { name: 'text', with: { content: [textBlock('Goodbye.')] } },
    {
      name: 'text with `citations`',
      with: {
        content: [
          textBlock('Hello.', {
            citations: [{ type: 'char_location', cited_text: 'a', document_index: 0, start_char_index: 0, end_char_index: 1 }],
          }),
        ],
      },
    },
    { name: '`thinking`', with: { content: [{ type: 'thinking', thinking: 'Hm.', signature: 'c2ln' }, textBlock('Hello.')] } },
    { name: '`redacted_thinking`', with: { content: [{ type: 'redacted_thinking', data: 'c2ln' }, textBlock('Hello.')] } },
    { name: 'tool calls', with: { content: [toolUse()], stop_reason: 'tool_use' } },
    {
      name: 'blocks of tools that the provider ran',
      with: { content: [{ type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }, textBlock('Hello.')] },
    },
    { name: '`stop_reason: "max_tokens"`', with: { stop_reason: 'max_tokens' } },
    { name: '`stop_reason: "stop_sequence"`', with: { stop_reason: 'stop_sequence', stop_sequence: 'END' } },
    { name: '`stop_reason: "refusal"`', with: { stop_reason: 'refusal' } },
    { name: '`stop_reason: "pause_turn"`', with: { stop_reason: 'pause_turn' } },
    { name: '`stop_reason: "model_context_window_exceeded"`', with: { stop_reason: 'model_context_window_exceeded' } },
    { name: 'a `stop_reason` that Purser does not know', with: { stop_reason: 'newer' } },
    { name: 'cached tokens', with: counted({ cache_read_input_tokens: 4 }) },
    {
      name: 'tokens written to the cache',
      with: counted({ cache_creation_input_tokens: 4, cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 0 } }),
    },
    { name: 'thinking tokens', with: counted({ output_tokens_details: { thinking_tokens: 2 } }) },
    { name: 'searches that the provider ran', with: counted({ server_tool_use: { web_search_requests: 1 } }) },
    { name: '`service_tier`', with: counted({ service_tier: 'priority' }) },
    { name: '`container`', with: { container: { id: 'container_1', expires_at: '2030-01-01T00:00:00Z' } } },
    {
      name: '`context_management`',
      with: {
        context_management: { applied_edits: [{ type: 'clear_tool_uses_20250919', cleared_tool_uses: 1, cleared_input_tokens: 5 }] },
      },
    },
  ],
}

/** The registry of meters: what can be counted, in the order in which charge lines are written, and whose price is taken where one has none. */

type Row = { readonly perUnits: bigint; readonly group: 'input' | 'output' | 'other'; readonly chain: readonly string[] }

const million = 1_000_000n
const anHourInMs = 3_600_000n

const input = (...chain: string[]): Row => ({ perUnits: million, group: 'input', chain })
const output = (...chain: string[]): Row => ({ perUnits: million, group: 'output', chain })
const other = (perUnits: bigint, ...chain: string[]): Row => ({ perUnits, group: 'other', chain })

/** `perUnits` is the usual one; a price component states its own. A new meter is one line here and data. */
export const meters = {
  input_tokens: input(),
  input_audio_tokens: input('input_tokens'),
  input_image_tokens: input('input_tokens'),
  input_video_tokens: input('input_tokens'),
  tool_input_tokens: input('input_tokens'),
  tool_input_audio_tokens: input('input_audio_tokens', 'input_tokens'),
  tool_input_image_tokens: input('input_image_tokens', 'input_tokens'),
  tool_input_video_tokens: input('input_video_tokens', 'input_tokens'),
  cache_read_tokens: input('input_tokens'),
  cache_read_audio_tokens: input('input_audio_tokens', 'cache_read_tokens', 'input_tokens'),
  cache_read_image_tokens: input('input_image_tokens', 'cache_read_tokens', 'input_tokens'),
  cache_read_video_tokens: input('input_video_tokens', 'cache_read_tokens', 'input_tokens'),
  cache_write_tokens: input('input_tokens'),
  cache_write_5m_tokens: input('cache_write_tokens', 'input_tokens'),
  cache_write_1h_tokens: input('cache_write_5m_tokens', 'cache_write_tokens', 'input_tokens'),
  output_tokens: output(),
  output_audio_tokens: output('output_tokens'),
  output_image_tokens: output('output_tokens'),
  output_video_tokens: output('output_tokens'),
  reasoning_tokens: output('output_tokens'),
  citation_tokens: output('output_tokens'),

  requests: other(1_000n),
  web_searches: other(1_000n),
  x_searches: other(1_000n),
  file_searches: other(1_000n),
  web_fetches: other(1_000n),
  mcp_calls: other(1_000n),
  grounding_queries: other(1_000n),
  grounded_prompts: other(1_000n),
  search_sources: other(1_000n),
  classifications: other(1_000n),
  rerank_searches: other(1_000n),
  code_executions: other(1_000n),
  container_sessions: other(1n),

  images: other(1n),
  image_pixels: other(1_000_000_000n),
  audio_ms: other(anHourInMs),
  input_audio_ms: other(anHourInMs, 'audio_ms'),
  output_audio_ms: other(anHourInMs, 'audio_ms'),
  video_ms: other(anHourInMs),
  input_characters: other(million),
  text_messages: other(1_000n),
  document_pages: other(1_000n),
  annotated_document_pages: other(1_000n),
  cache_storage_token_ms: other(million * anHourInMs),
  provider_cost: other(1_000_000_000_000n),
  provider_upstream_cost: other(1_000_000_000_000n),
} as const satisfies Record<string, Row>

export type Meter = keyof typeof meters

export const meterOrder = Object.keys(meters) as readonly Meter[]

export function isMeter(name: string): name is Meter {
  return Object.hasOwn(meters, name)
}

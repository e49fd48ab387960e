/** The words of messages: which members of a request are understood, and what its names mean in a call. */

import type { StopReason } from '../../core/call.ts'

export const requestMembers: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'service_tier',
  'stream',
])

/** Members that another contract has no word for, and why. */
export const unsayable: Readonly<Record<string, string>> = {
  cache_control: 'only marks on parts are translated',
  container: "a provider's own tools are not translated",
  context_management: 'a conversation is translated as it stands',
  mcp_servers: "a provider's own tools are not translated",
  inference_geo: 'no other contract has a word for it',
  speed: 'no other contract has a word for it',
  fallbacks: 'which models answer is for a route to say',
}

/** Blocks that a provider makes when it runs tools of its own. */
export const providerBlock = "a provider's own tools are not translated"

export const stopReasons: Readonly<Record<string, StopReason>> = {
  end_turn: 'end',
  max_tokens: 'length',
  stop_sequence: 'stop-sequence',
  tool_use: 'tool-call',
  refusal: 'refusal',
  pause_turn: 'pause',
  model_context_window_exceeded: 'context-length',
}

/** What a caller is told. A reason that has no word here goes by the nearest, with a warning where that misleads. */
export const stopWords: Readonly<Record<StopReason, { readonly word: string; readonly lost?: string }>> = {
  end: { word: 'end_turn' },
  length: { word: 'max_tokens' },
  'stop-sequence': { word: 'stop_sequence' },
  'tool-call': { word: 'tool_use' },
  refusal: { word: 'refusal' },
  'content-filter': { word: 'refusal' },
  pause: { word: 'pause_turn' },
  'context-length': { word: 'model_context_window_exceeded' },
  error: { word: 'refusal', lost: 'the provider broke off with an error; this contract has no word for it' },
  other: { word: 'end_turn', lost: 'the provider gave a reason that no contract knows' },
}

/** Tiers of a request. `default` means the same as `standard_only`, and no other is known here. */
export const askedTiers: Readonly<Record<string, string>> = { auto: 'auto', standard_only: 'standard_only', default: 'standard_only' }

/** Tiers of an answer, where they have another name here. */
export const answeredTiers: Readonly<Record<string, string>> = { default: 'standard' }

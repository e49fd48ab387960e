/** Dialects of the providers that money is read from, as their rows would hold them: the tests of usage speak through these. */

export const dialects = {
  published: {},
  groq: { usage: { at: ['x_groq.usage', 'usage'] } },
  deepseek: { usage: { cacheRead: ['prompt_cache_hit_tokens', 'prompt_tokens_details.cached_tokens'] } },
  mistral: { usage: { cacheRead: ['num_cached_tokens', 'prompt_tokens_details.cached_tokens', 'prompt_token_details.cached_tokens'] } },
  xai: { usage: { cacheInInput: 'auto', reasoningInOutput: false } },
  openrouter: { models: { 'google/*': { usage: { cacheOverlap: true } } } },
  perplexity: { usage: { reasoning: ['reasoning_tokens'], citation: ['citation_tokens'], reasoningInOutput: false } },
  google: { usage: { outputFromTotal: true } },
  alibaba: { usage: { cacheWrite: ['prompt_tokens_details.cache_creation_input_tokens'] } },
  moonshot: { usage: { cacheRead: ['prompt_tokens_details.cached_tokens', 'cached_tokens'] } },
} as const

/** The model that `init` gives a provider's first profile: small, so that the test call costs next to nothing. `--model` names another. */

export const usualModels: Readonly<Record<string, string>> = {
  openai: 'gpt-5.4-nano',
  anthropic: 'claude-haiku-4-5',
  google: 'gemini-3.5-flash-lite',
  groq: 'openai/gpt-oss-20b',
  mistral: 'mistral-small-latest',
  deepseek: 'deepseek-chat',
  xai: 'grok-4-fast-non-reasoning',
  openrouter: 'openai/gpt-oss-20b',
  together: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  fireworks: 'accounts/fireworks/models/gpt-oss-20b',
  cerebras: 'gpt-oss-120b',
}

/** Variables that vendors' own programs read for the same key. */
export const otherVariables: Readonly<Record<string, readonly string[]>> = {
  GEMINI_API_KEY: ['GOOGLE_API_KEY'],
}

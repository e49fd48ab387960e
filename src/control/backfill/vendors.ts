/** The vendors that the source knew by name: what they are called here, which of them stand on the user's own machine, and which its platform served. */

export type Vendor = {
  /** The provider's name in the catalogue. */
  readonly provider: string
  /** The connection that stands for it where the user pays himself. */
  readonly connection: string
  /** Keyless, on the user's own machine. */
  readonly local: boolean
  /** The source's platform could pay for it. */
  readonly managed: boolean
}

const cloud = (provider: string, managed = false): Vendor => ({ provider, connection: provider, local: false, managed })
const local = (provider: string): Vendor => ({ provider, connection: `${provider}-local`, local: true, managed: false })

const vendors: ReadonlyMap<string, Vendor> = new Map([
  ['anthropic', cloud('anthropic', true)],
  ['openai', cloud('openai', true)],
  ['gemini', cloud('google', true)],
  ['fireworks', cloud('fireworks')],
  ['openrouter', cloud('openrouter')],
  ['groq', cloud('groq')],
  ['mistral', cloud('mistral')],
  ['deepseek', cloud('deepseek')],
  ['xai', cloud('xai')],
  ['together', cloud('together')],
  ['cerebras', cloud('cerebras')],
  ['ollama', local('ollama')],
  ['vllm', local('vllm')],
  ['lm-studio', local('lm-studio')],
])

/** By the source's own id of it. */
export function vendorOf(id: string): Vendor | undefined {
  return vendors.get(id)
}

export function vendorOfProvider(provider: string): Vendor | undefined {
  return [...vendors.values()].find((vendor) => vendor.provider === provider)
}

/** What the source called a provider. */
export function sourceIdOf(provider: string): string {
  return [...vendors].find(([, vendor]) => vendor.provider === provider)?.[0] ?? provider
}

/** Those who make models, and so own their names. All others serve what others made. */
const makers: ReadonlySet<string> = new Set(['anthropic', 'openai', 'google', 'mistral', 'deepseek', 'xai'])

/** The one maker under whom the catalogue lists a model, dated or not. */
export function ownerOf(model: string, listed: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  const undated = model.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '')
  const owners = [...(listed.get(model) ?? listed.get(undated) ?? [])].filter((provider) => makers.has(provider))
  return owners.length === 1 ? owners[0] : undefined
}

/** Words that stood in a profile for who pays instead of who serves. */
export const identities = { platform: 'vellum', subscription: 'chatgpt' } as const
export const customEndpoint = 'openai-compatible'

/** By which era's rule a place in the file is read. A file may mix eras, so the place decides and never the file. */

export type Era = 'E1' | 'E2' | 'E3' | 'E4' | 'E5' | 'E6' | 'E7' | 'E9'

/** The first that fits. */
const table: readonly (readonly [RegExp, Era])[] = [
  [/^connections:/, 'E6'],
  [/\/provider_connection$/, 'E6'],
  [/^\/llm\/defaultProvider(\/|$)/, 'E7'],
  [/^\/llm\/(profiles|activeProfile|profileOrder|profileSession)(\/|$)/, 'E5'],
  [/^\/llm(\/|$)/, 'E4'],
  [/^\/services(\/|$)/, 'E3'],
  [/^\/effort$/, 'E2'],
  [/^\/(provider|model|maxTokens|thinking|contextWindow|temperature|apiKeys|providerOrder|pricingOverrides)(\/|$)/, 'E1'],
  [/^\/[^/]+\/(model|modelOverride|maxTokens|temperature|speed|\w*[iI]ntent)$/, 'E3'],
]

export function eraOf(pointer: string): Era {
  return table.find(([place]) => place.test(pointer))?.[1] ?? 'E1'
}

/** What the source itself wrote into files as `llm.default`. A value equal to one of these was most likely chosen by nobody. */

import { canonicalJson, type Json } from '../../core/json.ts'

/** Provider and model came as one. */
export const injectedUnits: readonly { readonly provider: string; readonly model: string }[] = [
  { provider: 'anthropic', model: 'claude-opus-4-7' },
  { provider: 'anthropic', model: 'claude-opus-4-6' },
]

/** Tuning, by its path in the fragment. */
const injectedTuning: Readonly<Record<string, Json>> = {
  maxTokens: 64000,
  effort: 'max',
  speed: 'standard',
  temperature: null,
  'thinking.enabled': true,
}

export function isInjectedTuning(path: string, value: Json): boolean {
  return Object.hasOwn(injectedTuning, path) && canonicalJson(injectedTuning[path]) === canonicalJson(value)
}

/** Half a unit counts too: a bare `anthropic` may be an echo. */
export function isInjectedUnit(provider: string | undefined, model: string | undefined): boolean {
  if (provider === undefined && model === undefined) return false
  return injectedUnits.some((unit) => (provider ?? unit.provider) === unit.provider && (model ?? unit.model) === unit.model)
}

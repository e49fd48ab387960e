/** Which provider lists which model, by the catalogue in the box: priced, or known and left without a price. */

import leftOut from '../../catalog/left-out.json' with { type: 'json' }
import type { Catalogue } from '../../catalog/rate-cards.ts'

export function listedModels({ cards, aliases }: Pick<Catalogue, 'cards' | 'aliases'>): ReadonlyMap<string, ReadonlySet<string>> {
  const listed = new Map<string, Set<string>>()
  const add = (model: string, provider: string) => listed.set(model, (listed.get(model) ?? new Set()).add(provider))
  for (const { model, provider } of cards) add(model, provider)
  for (const { alias, provider, model } of aliases) if (model !== null) add(alias, provider)
  for (const { model, provider } of leftOut.left_out) add(model, provider)
  return listed
}

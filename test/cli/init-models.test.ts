import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { shippedCatalogue } from '../../src/catalog/rate-cards.ts'
import { usualModels } from '../../src/cli/init/models.ts'

/** Providers whose model has no shipped card, and why it is taken all the same. */
const unpricedOnPurpose: Readonly<Record<string, string>> = {
  deepseek: 'each of its models is priced by the time of day',
  fireworks: 'its cards bear the last part of an id alone, and its API takes the whole',
}

test('the model that init gives a provider is priced by a shipped card, or unpriced on purpose', () => {
  const { cards } = shippedCatalogue()
  const providers = shippedManifest().providers.map(({ name }) => name)
  for (const [provider, model] of Object.entries(usualModels)) {
    assert.ok(providers.includes(provider), provider)
    const priced = cards.some((card) => card.provider === provider && card.model === model)
    assert.equal(priced, !Object.hasOwn(unpricedOnPurpose, provider), `${provider}: ${model}`)
  }
})

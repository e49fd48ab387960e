import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contracts } from '../../src/contracts/index.ts'
import { vocabularies } from '../support/vocabulary.ts'
import { conforms, pairConforms, type Speaker } from './conformance.ts'

test('every contract with a codec has its vocabulary', () => {
  assert.deepEqual(Object.keys(vocabularies).sort(), contracts.map(({ id }) => id).sort())
})

const speakers = contracts.map(({ id, codec }): Speaker => ({ id, codec: codec(), words: vocabularies[id]! }))
for (const speaker of speakers) conforms(speaker)
for (const caller of speakers) for (const provider of speakers) if (caller !== provider) pairConforms(caller, provider)

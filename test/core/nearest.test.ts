import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nearest } from '../../src/core/nearest.ts'

const names = ['openai', 'anthropic', 'groq', 'mistral', 'simulated', 'simulated-claude']

test('a slip of one letter finds the word that was meant', () => {
  const slips = {
    opnai: 'openai',
    openia: 'openai',
    anthropc: 'anthropic',
    grok: 'groq',
    gorq: 'groq',
    mistrall: 'mistral',
    simulatde: 'simulated',
  }
  for (const [typed, meant] of Object.entries(slips)) assert.equal(nearest(typed, names), meant, typed)
})

test('a word that is known is nearest to itself', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (words) => words.every((word) => nearest(word, words) === word)),
  )
})

test('a word that is like none of them finds none', () => {
  for (const typed of ['', 'x', 'vertex-ai-studio', 'zzzzzz']) assert.equal(nearest(typed, names), undefined, typed)
})

/** The laws are worth what they see: for each fault the law that must break on it. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import type { Codec } from '../../src/contracts/contract.ts'
import { contracts } from '../../src/contracts/index.ts'
import type { Call, Reply } from '../../src/core/call.ts'
import { callWithin, replyWithin } from '../support/arbitrary-call.ts'
import { type Cuts, cuts } from '../support/reply-events.ts'
import { everything, shared, vocabularies } from '../support/vocabulary.ts'
import {
  addedUsage,
  carelessRelay,
  doubledUsage,
  driftingText,
  droppedField,
  droppedOnReading,
  type Fault,
  forgivenBreak,
  lostLastDelta,
  lostLastFrame,
  readsOn,
  swappedArguments,
  wordlessWarning,
} from './faulty-codecs.ts'
import {
  breakIsSeen,
  callSettles,
  callSurvives,
  lossIsTold,
  nothingFollowsTheEnd,
  relayKeeps,
  replySurvives,
  streamSurvives,
  tellingsAgree,
  usageAddsUp,
} from './laws.ts'
import { callCrosses, replyCrosses, translationsAgree, usageCrosses } from './laws-pairs.ts'

/** Whether the law breaks on the faulty codec, and stands on the sound one. */
function seen<T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: Arbitrary<T[K]> },
  law: (codec: Codec, ...drawn: T) => void,
  sound: Codec,
  fault: Fault,
): void {
  const breaks = (codec: Codec): boolean =>
    fc.check(
      fc.property(...(arbitraries as { [K in keyof T]: Arbitrary<T[K]> }), (...drawn) => law(codec, ...(drawn as unknown as T))),
      { numRuns: 300, seed: 1 },
    ).failed
  assert.equal(breaks(sound), false, 'breaks on the sound codec')
  assert.equal(breaks(fault(sound)), true, 'does not see the fault')
}

const chunks: Arbitrary<number[]> = fc.constant([17])
const anyCall = callWithin(everything.call, 'somewhere')

for (const { id, codec } of contracts) {
  const sound = codec()
  const words = vocabularies[id]!
  const call: Arbitrary<Call> = callWithin(words.call, id)
  const reply: Arbitrary<Reply> = replyWithin(words.reply)
  describe(id, () => {
    test('a field dropped while a request is written', () => seen<[Call]>([call], callSurvives, sound, droppedField))
    test('a field dropped while a request is read', () => seen<[Call]>([call], callSurvives, sound, droppedOnReading))
    test('a field dropped in silence', () => seen<[Call]>([anyCall], lossIsTold, sound, droppedField))
    test('warnings that are not said', () => seen<[Call]>([anyCall], lossIsTold, sound, wordlessWarning))
    test('a value that drifts each time it is read', () => seen<[Call]>([anyCall], callSettles, sound, driftingText))
    test('a field that a relay takes out', () => seen<[Call]>([call], relayKeeps, sound, carelessRelay))
    test('swapped arguments of tools, in an answer', () => seen<[Reply]>([reply], replySurvives, sound, swappedArguments))
    test('swapped arguments of tools, in a request', () => seen<[Call]>([call], callSurvives, sound, swappedArguments))
    test('a lost last frame', () => seen<[Reply, Cuts, number[]]>([reply, cuts, chunks], streamSurvives, sound, lostLastFrame))
    test('a lost last delta', () => seen<[Reply, Cuts, number[]]>([reply, cuts, chunks], streamSurvives, sound, lostLastDelta))
    test('a lost last delta, between two tellings', () => seen<[Reply, Cuts]>([reply, cuts], tellingsAgree, sound, lostLastDelta))
    test('a break that passes for an end', () => seen<[Reply, Cuts]>([reply, cuts], breakIsSeen, sound, forgivenBreak))
    test('frames behind the end that are read', () => seen<[Reply, Cuts]>([reply, cuts], nothingFollowsTheEnd, sound, readsOn))
    test('usage doubled in an answer', () => seen<[Reply, Cuts]>([reply, cuts], usageAddsUp, sound, doubledUsage))
    test('usage doubled in a stream', () => seen<[Reply, Cuts]>([reply, cuts], usageAddsUp, sound, addedUsage))
  })

  for (const other of contracts) {
    if (other.id === id) continue
    const provider = other.codec()
    const both = shared(words, vocabularies[other.id]!)
    const theirs = replyWithin(vocabularies[other.id]!.reply)
    describe(`${id} to ${other.id}`, () => {
      test('a field dropped on the way', () =>
        seen<[Call]>([callWithin(both.call, id)], (caller, said) => callCrosses({ caller, provider }, said), sound, droppedOnReading))
      test('swapped arguments of tools', () =>
        seen<[Reply, Cuts]>(
          [replyWithin(both.reply), cuts],
          (caller, said, how) => replyCrosses({ caller, provider }, said, how),
          sound,
          swappedArguments,
        ))
      test('a lost last frame', () =>
        seen<[Reply, Cuts]>(
          [theirs, cuts],
          (caller, said, how) => translationsAgree({ caller, provider }, said, how),
          sound,
          lostLastFrame,
        ))
      test('doubled usage', () => seen<[Reply]>([theirs], (caller, said) => usageCrosses({ caller, provider }, said), sound, doubledUsage))
    })
  }
}

/** The suite that every contract passes, and every ordered pair of them. A new contract needs a codec, a row of vocabulary and nothing else. */

import { describe, test } from 'node:test'
import fc, { type Arbitrary } from 'fast-check'
import type { Codec } from '../../src/contracts/contract.ts'
import { callWithin, replyWithin } from '../support/arbitrary-call.ts'
import { cuts } from '../support/reply-events.ts'
import { everything, shared, type Vocabulary } from '../support/vocabulary.ts'
import {
  breakIsSeen,
  callSettles,
  callSurvives,
  errorSurvives,
  lossIsTold,
  nothingFollowsTheEnd,
  providerKinds,
  relayKeeps,
  replySurvives,
  strangersAreNamed,
  streamErrorIsSeen,
  streamSurvives,
  tellingsAgree,
  usageAddsUp,
} from './laws.ts'
import { callCrosses, callIsTranslatedOnce, replyCrosses, translationsAgree, usageCrosses } from './laws-pairs.ts'

export type Speaker = { readonly id: string; readonly codec: Codec; readonly words: Vocabulary }

const chunkLengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
const anyCall = callWithin(everything.call, 'somewhere')
const anyReply = replyWithin(everything.reply)

/** Few runs for each law: there are many laws, and each run draws a whole conversation. */
const runs = { numRuns: 150 }

function law<T extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [K in keyof T]: Arbitrary<T[K]> },
  holds: (...drawn: T) => void,
): void {
  test(name, () =>
    fc.assert(
      fc.property(...(arbitraries as { [K in keyof T]: Arbitrary<T[K]> }), (...drawn) => holds(...(drawn as unknown as T))),
      runs,
    ),
  )
}

export function conforms({ id, codec, words }: Speaker): void {
  const call = callWithin(words.call, id)
  const reply = replyWithin(words.reply)
  describe(id, () => {
    law('what the contract can say of a call comes back as it was said', [call], (said) => callSurvives(codec, said))
    law('what the contract can say of an answer comes back as it was said', [reply], (said) => replySurvives(codec, said))
    law('a stream in any pieces is the answer that it tells', [reply, cuts, chunkLengths], (said, how, chunks) =>
      streamSurvives(codec, said, how, chunks),
    )
    law('any call is refused by field, or is sent the same way again when it is read back', [anyCall], (said) => callSettles(codec, said))
    law('whatever of any call does not arrive is named in a warning', [anyCall], (said) => lossIsTold(codec, said))
    law('any answer means the same to a caller, whole and streamed', [anyReply, cuts], (said, how) => tellingsAgree(codec, said, how))
    law('a stream that breaks off is never a shorter answer', [reply, cuts], (said, how) => breakIsSeen(codec, said, how))
    law('nothing behind the terminal event is read', [reply, cuts], (said, how) => nothingFollowsTheEnd(codec, said, how))
    law('usage of the whole is the usage of the pieces', [reply, cuts], (said, how) => usageAddsUp(codec, said, how))
    law('a relay changes the model and nothing that is meant', [call], (said) => relayKeeps(codec, said))
    law('a field that Purser does not know is named', [call], (said) => strangersAreNamed(codec, said))
    test("a provider's kinds of error are the same kinds to a caller's provider", () => {
      for (const kind of providerKinds) errorSurvives(codec, kind)
    })
    test('an error within a stream is seen as one', () => {
      for (const kind of providerKinds) streamErrorIsSeen(codec, kind)
    })
  })
}

export function pairConforms(caller: Speaker, provider: Speaker): void {
  const pair = { caller: caller.codec, provider: provider.codec }
  const both = shared(caller.words, provider.words)
  describe(`${caller.id} to ${provider.id}`, () => {
    law('what both can say of a call crosses without a warning', [callWithin(both.call, caller.id)], (said) => callCrosses(pair, said))
    law('what the caller can say is translated, and what is lost is named', [callWithin(caller.words.call, caller.id)], (said) => {
      callIsTranslatedOnce(pair, said)
      lossIsTold(pair.provider, said)
    })
    law('what both can say of an answer crosses without a warning', [replyWithin(both.reply), cuts], (said, how) =>
      replyCrosses(pair, said, how),
    )
    law('a stream and its plain answer are translated alike', [replyWithin(provider.words.reply), cuts], (said, how) =>
      translationsAgree(pair, said, how),
    )
    law("the caller's own accounting comes to what the provider counted", [replyWithin(provider.words.reply)], (said) =>
      usageCrosses(pair, said),
    )
  })
}

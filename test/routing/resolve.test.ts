/** From a name to its one target: the order of names, and the refusals. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PurserError } from '../../src/core/errors.ts'
import { resolve } from '../../src/routing/resolve.ts'
import { connectionRow, directoryOf, plainDirectory, profileRow, providerRow } from '../support/gateway.ts'

const present = () => 'present' as const
const absent = () => 'absent' as const

const provider = providerRow({ name: 'groq', contract: 'openai-chat' })
const own = connectionRow({ name: 'groq-own', provider_id: provider.id })
const platform = connectionRow({ name: 'groq-platform', provider_id: provider.id, billing: 'platform', platform: 'other' })

function refusal(run: () => unknown): PurserError {
  try {
    run()
  } catch (error) {
    return error as PurserError
  }
  throw new Error('It was not refused.')
}

describe('the order of names', () => {
  const profile = profileRow({ name: 'fast', provider_id: provider.id, model: 'llama' })
  const directory = directoryOf({ providers: [provider], connections: [own], profiles: [profile] })

  test('an exact profile wins', () => {
    const { targets, decision } = resolve(directory, 'fast', present)
    assert.deepEqual([targets[0]?.model, decision.via, decision.connection], ['llama', 'profile', 'groq-own'])
  })

  test('a profile is also reached as anthropic/<profile>', () => {
    assert.equal(resolve(directory, 'anthropic/fast', present).decision.via, 'anthropic-prefix')
  })

  test('provider/model splits on the first slash only', () => {
    const { targets, decision } = resolve(directory, 'groq/openai/gpt-oss-120b', present)
    assert.deepEqual([targets[0]?.model, targets[0]?.profile, decision.via], ['openai/gpt-oss-120b', null, 'provider-model'])
  })

  test('a profile whose name looks like a provider and its model does not exist: profile names have no slash', () => {
    assert.throws(() => profileRow({ name: 'a/b', provider_id: provider.id }) && resolve(directory, 'a/b', present))
  })

  test('an unknown name is a 404 that lists the names there are', () => {
    const error = refusal(() => resolve(directory, 'slow', present))
    assert.equal(error.kind, 'not_found')
    assert.match(error.message, /"slow".*fast/)
  })

  for (const name of ['__proto__', 'constructor', 'toString', '/model', 'groq/', '']) {
    test(`"${name}" is a name like any other, and nobody has it`, () => {
      assert.equal(refusal(() => resolve(directory, name, present)).kind, 'not_found')
    })
  }
})

describe('a named but unusable choice is an error, never a substitute', () => {
  const one = (rows: { connections?: (typeof own)[]; profile?: object; provider?: object }) =>
    directoryOf({
      providers: [{ ...provider, ...rows.provider }],
      connections: rows.connections ?? [own],
      profiles: [{ ...profileRow({ name: 'fast', provider_id: provider.id }), ...rows.profile }],
    })

  test('a disabled profile', () => {
    const error = refusal(() => resolve(one({ profile: { disabled: true } }), 'fast', present))
    assert.deepEqual([error.kind, error.code], ['not_found', 'disabled'])
  })

  test('a disabled provider', () => {
    assert.match(refusal(() => resolve(one({ provider: { disabled: true } }), 'fast', present)).message, /provider "groq" is disabled/)
  })

  test('a connection without its secret', () => {
    const error = refusal(() => resolve(one({}), 'fast', absent))
    assert.deepEqual([error.kind, error.code], ['unavailable', 'no_usable_connection'])
    assert.match(error.message, /env:KEY is absent/)
  })

  test('a secret that nobody could look up is not taken for present', () => {
    assert.equal(refusal(() => resolve(one({}), 'fast', () => 'unknown')).kind, 'unavailable')
  })

  test('only a platform connection: never crossed to by default', () => {
    const error = refusal(() => resolve(one({ connections: [platform] }), 'fast', present))
    assert.match(error.message, /boundary:billing own→platform/)
  })

  test('two usable connections: an error that lists both', () => {
    const second = connectionRow({ name: 'groq-second', provider_id: provider.id })
    assert.match(refusal(() => resolve(one({ connections: [own, second] }), 'fast', present)).message, /"groq-own", "groq-second"/)
  })

  test('a platform without an address gets no call: its key is never sent to the vendor', () => {
    const nowhere = { ...platform, auth: { type: 'platform', base_url: null, credential: 'env:KEY' } as const }
    const at = (auth: typeof nowhere.auth | { type: 'platform'; base_url: string; credential: string }) =>
      one({ connections: [own, { ...nowhere, auth }], profile: { connection_id: platform.id } })
    assert.match(refusal(() => resolve(at(nowhere.auth), 'fast', present)).message, /without the address of its platform/)
    const { targets } = resolve(at({ ...nowhere.auth, base_url: 'https://platform.example/v1' }), 'fast', present)
    assert.equal(targets[0]?.destination.baseUrl, 'https://platform.example/v1')
  })

  test('a profile that names its platform connection gets it', () => {
    const { targets } = resolve(one({ connections: [own, platform], profile: { connection_id: platform.id } }), 'fast', present)
    assert.equal(targets[0]?.billing, 'platform')
  })

  test('a connection of another provider', () => {
    const other = providerRow({ name: 'other', contract: 'openai-chat' })
    const strange = connectionRow({ name: 'strange', provider_id: other.id })
    const directory = directoryOf({
      providers: [provider, other],
      connections: [strange],
      profiles: [profileRow({ name: 'fast', provider_id: provider.id, connection_id: strange.id })],
    })
    assert.match(refusal(() => resolve(directory, 'fast', present)).message, /belongs to another provider/)
  })

  test('a contract that has no codec yet is named', () => {
    assert.match(
      refusal(() => resolve(one({ provider: { contract: 'gemini-generate' } }), 'fast', present)).message,
      /gemini-generate, which Purser cannot call yet/,
    )
  })

  test('a dialect that does not read is named by its field', () => {
    assert.match(refusal(() => resolve(one({ provider: { dialect: { nonsense: 1 } } }), 'fast', present)).message, /nonsense/)
  })
})

test('no field of one profile reaches another', () => {
  const warm = profileRow({ name: 'warm', provider_id: provider.id, temperature: 1, params: { top_p: 0.5 }, system_prompt: 'Be warm.' })
  const plain = profileRow({ name: 'plain', provider_id: provider.id })
  const directory = directoryOf({ providers: [provider], connections: [own], profiles: [warm, plain] })
  assert.deepEqual(resolve(directory, 'warm', present).targets[0]?.defaults, {
    temperature: 1,
    params: { top_p: 0.5 },
    systemPrompt: 'Be warm.',
  })
  assert.deepEqual(resolve(directory, 'plain', present).targets[0]?.defaults, {})
})

test('a provider on loopback or a private network is local, every other is cloud', () => {
  const target = resolve(plainDirectory, 'chat', present).targets[0]
  assert.equal(target?.locality, 'cloud')
  const near = providerRow({ name: 'near', contract: 'openai-chat', network: 'loopback', base_url: 'http://127.0.0.1:11434/v1' })
  const directory = directoryOf({
    providers: [near],
    connections: [connectionRow({ name: 'near', provider_id: near.id, auth: { type: 'none' }, billing: 'none' })],
    profiles: [],
  })
  assert.equal(resolve(directory, 'near/llama', absent).targets[0]?.locality, 'local')
})

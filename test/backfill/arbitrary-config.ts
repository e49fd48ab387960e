/** Files over all eras, mixed and damaged: what a year of releases, hands and crashes may leave in a config.json. */

import fc, { type Arbitrary } from 'fast-check'
import { isObject, type Json } from '../../src/core/json.ts'

export type Texts = { readonly config: string; readonly connections: string | null; readonly credentials: string | null }

const clouds = ['anthropic', 'openai', 'gemini', 'fireworks', 'openrouter'] as const
export const secret = 'sk-test-not-a-real-key'

const nested: Arbitrary<Json> = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(null, true, 0, -1, 1e21, 0.1, '', '  ', 'text', [], {}),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b/c', 'd~e', 'constructor', '__proto__', 'toString', 'profile', 'model'), tie('tree'), {
      maxKeys: 3,
    }),
  ),
})).tree

/** A value of the right kind most of the time. */
const orDamage = <T extends Json>(sound: Arbitrary<T>): Arbitrary<Json> =>
  fc.oneof({ weight: 9, arbitrary: sound as Arbitrary<Json> }, { weight: 1, arbitrary: nested })

const provider = orDamage(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...clouds) },
    { weight: 3, arbitrary: fc.constantFrom('ollama', 'vllm', 'lm-studio') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('vellum', 'chatgpt', 'openai-compatible', 'row-local', 'row-cloud', 'bedrock', 'constructor', ' ', ''),
    },
  ),
)
const model = orDamage(
  fc.constantFrom(
    'claude-opus-4-7',
    'claude-sonnet-4-6',
    'gpt-5.2',
    'gemini-2.5-pro',
    'qwen3-coder:30b',
    'llama3.2',
    'accounts/fireworks/models/glm-5p2',
    'fireworks/accounts/fireworks/models/glm-5p2',
    'openai/gpt-5.2',
    'anthropic/',
    '/x',
    '',
    'constructor',
  ),
)
const connection = orDamage(
  fc.constantFrom(
    'anthropic-personal',
    'anthropic-managed',
    'openai-personal',
    'gemini-managed',
    'row-local',
    'row-cloud',
    'row-own',
    'ollama-personal',
    'gone',
    ' ',
    'Bad Name',
  ),
)
const names = [
  'balanced',
  'quality-optimized',
  'mine',
  'night',
  'constructor',
  '__proto__',
  'default',
  'default-model',
  'Bad Name',
  'x/y',
  'simulated',
] as const
const name = fc.constantFrom(...names)

const tuning = {
  maxTokens: orDamage(fc.constantFrom(1, 64, 8192, 64000, -1, 0, 1e12, 1.5)),
  temperature: orDamage(fc.constantFrom<number | null>(0, 0.3, 1, 2, 2.1, -1, null)),
  topP: orDamage(fc.constantFrom(0, 0.5, 1, 3)),
  effort: orDamage(fc.constantFrom('none', 'low', 'max', 'xhigh', 'extreme', '')),
  verbosity: orDamage(fc.constantFrom('low', 'loud')),
  speed: orDamage(fc.constantFrom('standard', 'fast')),
  thinking: orDamage(
    fc.record(
      { enabled: orDamage(fc.boolean()), budgetTokens: orDamage(fc.nat(9000)), streamThinking: fc.boolean() },
      { requiredKeys: [] },
    ) as Arbitrary<Json>,
  ),
  contextWindow: nested,
  openrouter: orDamage(
    fc.record(
      { only: orDamage(fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }) as Arbitrary<Json>) },
      { requiredKeys: [] },
    ) as Arbitrary<Json>,
  ),
}
const sparse = (parts: Record<string, Arbitrary<Json>>): Arbitrary<Json> => fc.record(parts, { requiredKeys: [] }) as Arbitrary<Json>

const mix = orDamage(
  fc.array(sparse({ profile: name as Arbitrary<Json>, weight: orDamage(fc.constantFrom(1, 0.25, 3, 0, -1)) }), {
    maxLength: 3,
  }) as Arbitrary<Json>,
)
const profile = fc.oneof(
  {
    weight: 8,
    arbitrary: orDamage(
      sparse({
        source: orDamage(fc.constantFrom('user', 'managed')),
        label: nested,
        status: orDamage(fc.constantFrom('disabled', 'active')),
        provider,
        model,
        provider_connection: connection,
        ...tuning,
      }),
    ),
  },
  { weight: 2, arbitrary: orDamage(sparse({ provider, model })) },
  { weight: 1, arbitrary: sparse({ mix, temperature: tuning.temperature }) },
  { weight: 1, arbitrary: fc.constant<Json>({}) },
  { weight: 1, arbitrary: fc.constant<Json>({ source: 'managed' }) },
)
const site = orDamage(sparse({ profile: orDamage(name), provider, model, provider_connection: connection, ...tuning }))
const price = orDamage(
  sparse({
    provider,
    modelPattern: orDamage(fc.constantFrom('gpt-5.2', 'claude-', 'gpt*', '', 'llama3.2', 'claude-sonnet-4-6')),
    inputPer1M: orDamage(fc.constantFrom(0, 1.4, 0.1, 1e-7, 1e-12, -3, 1e9)),
    outputPer1M: orDamage(fc.constantFrom(0, 11.5, 2)),
    note: nested,
  }),
)
const prices = orDamage(fc.array(price, { maxLength: 3 }) as Arbitrary<Json>)
const keyed = (keys: readonly string[], value: Arbitrary<Json>, most: number) =>
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: most }) as Arbitrary<Json>

export const configs: Arbitrary<Json> = sparse({
  provider,
  model,
  ...tuning,
  apiKeys: orDamage(keyed([...clouds, 'ollama', 'brave'], orDamage(fc.constantFrom(secret, '')), 3)),
  providerOrder: orDamage(fc.constant<Json>(['openai', 'anthropic'])),
  pricingOverrides: prices,
  services: orDamage(
    sparse({
      inference: orDamage(sparse({ mode: orDamage(fc.constantFrom('your-own', 'managed', 'other')), provider, model })),
      speech: nested,
    }),
  ),
  digest: orDamage(sparse({ model, modelOverride: model, maxTokens: tuning.maxTokens, modelIntent: nested })),
  llm: orDamage(
    sparse({
      default: orDamage(
        fc.oneof(
          sparse({ provider, model, provider_connection: connection, ...tuning }),
          fc.constant<Json>({ provider: 'anthropic', model: 'claude-opus-4-7', effort: 'max' }),
        ),
      ),
      defaultProvider: provider,
      profiles: orDamage(keyed(names, profile, 6)),
      profileOrder: nested,
      activeProfile: orDamage(name),
      callSites: orDamage(keyed(['mainAgent', 'recall', 'conversationTitle', 'nobodyKnows', '__proto__', 'constructor'], site, 4)),
      pricingOverrides: prices,
      xFutureKey: nested,
    }),
  ),
  '': nested,
  __proto__x: nested,
})

export const rows: Arbitrary<Json | null> = fc.option(
  fc.constant<Json>([
    {
      name: 'row-local',
      provider: 'openai-compatible',
      auth: { type: 'none' },
      label: null,
      base_url: 'http://127.0.0.1:8000/v1',
      models: [{ id: 'llama3.2' }],
    },
    {
      name: 'row-cloud',
      provider: 'openai-compatible',
      auth: { type: 'api_key', credential: 'credential/x/api_key' },
      base_url: 'https://far.example.test/v1',
    },
    { name: 'row-own', provider: 'openai', auth: { type: 'api_key', credential: 'openai:api_key' } },
    { name: 'broken', provider: 'openai-compatible', auth: { type: 'none' }, base_url: 'https://open.example.test' },
    null,
  ]),
)

/** The names that the source's vault had, in both spellings, with what is known of each. */
const credentials: Arbitrary<Json | null> = fc.option(
  orDamage(
    keyed(
      ['credential/openai/api_key', 'anthropic:api_key', 'credential/x/api_key', 'constructor', ''],
      orDamage(fc.constantFrom('present', 'absent', 'unknown')),
      4,
    ),
  ),
)

/** As text, with what only text can hold: numbers that round, escapes that no database keeps, a byte order mark. */
export const texts: Arbitrary<Texts> = fc
  .record({
    config: configs,
    rows,
    credentials,
    bom: fc.boolean(),
    odd: fc.constantFrom(
      '',
      '"big": 12345678901234567890123, ',
      '"tiny": 1e-400, ',
      '"nul": "a\\u0000b", ',
      '"half": "\\ud800", ',
      '"proto": {"__proto__": {"model": "x"}}, ',
    ),
  })
  .map(({ config, rows: list, credentials: vault, bom, odd }) => {
    const text = JSON.stringify(config)
    const whole = odd === '' ? text : text === '{}' ? `{${odd.replace(/, $/, '')}}` : text.replace(/^\{/, `{${odd}`)
    const told = (value: Json | null) => (value === null ? null : JSON.stringify(value))
    return { config: (bom ? '\ufeff' : '') + whole, connections: told(list), credentials: told(vault) }
  })

/** What a file must hold to be counted for an era. A file may count for many. */
const marks: Readonly<Record<string, (file: Texts, config: Json) => boolean>> = {
  E1: (_file, config) => has(config, 'provider') || has(config, 'apiKeys'),
  E2: (_file, config) => has(config, 'effort'),
  E3: (_file, config) => has(config, 'services', 'inference', 'mode') || has(config, 'digest', 'model'),
  E4: (_file, config) => has(config, 'llm', 'default') || has(config, 'llm', 'callSites'),
  E5: (_file, config) => has(config, 'llm', 'profiles') || has(config, 'llm', 'activeProfile'),
  E6: ({ config }) => config.includes('"provider_connection"'),
  E7: (_file, config) => has(config, 'llm', 'defaultProvider'),
  E8: ({ config }, read) => config.includes('{"source":"managed"}') || (has(read, 'llm', 'profiles') && !has(read, 'llm', 'default')),
  E9: ({ config }) => /"provider":"(vellum|chatgpt|row-\w+)"/.test(config),
  'with connection rows': ({ connections }) => connections !== null,
  'with credentials': ({ credentials: vault }) => vault !== null,
}

export function erasOf(file: Texts): readonly string[] {
  const config = JSON.parse(file.config.replace(/^\ufeff/, '')) as Json
  return Object.entries(marks).flatMap(([era, holds]) => (holds(file, config) ? [era] : []))
}

function has(value: Json, ...path: readonly string[]): boolean {
  const found = path.reduce<Json | undefined>((here, key) => (isObject(here) && Object.hasOwn(here, key) ? here[key] : undefined), value)
  return found !== undefined && found !== null
}

/** The rules of reading a file, one by one: what each era's words come to. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { eachStore } from '../support/stores.ts'
import { acted, connectionIs, leadsTo, type Outcome, outcomeOf, profileIs } from './expected.ts'
import { type Asked, openHouse } from './house.ts'

const own: JsonObject = { services: { inference: { mode: 'your-own' } } }
const managed: JsonObject = { services: { inference: { mode: 'managed' } } }
const profiles = (list: JsonObject, more: JsonObject = {}): JsonObject => ({ llm: { profiles: list, ...more } })
const site = (outcome: Outcome, id: string, expected: JsonObject) => profileIs(outcome, `site/${id}`, expected)
const first = (outcome: Outcome, expected: JsonObject) => profileIs(outcome, 'default-model', expected)

type Rule = { readonly says: string; readonly config: JsonObject; readonly beside?: Partial<Asked>; holds(outcome: Outcome): boolean }

const rules: readonly Rule[] = [
  {
    says: "provider and model come from one layer: the user's own llm.default before services.inference before the top level",
    config: {
      provider: 'groq',
      model: 'low',
      services: { inference: { mode: 'your-own', provider: 'openai', model: 'gpt-5.2' } },
      llm: { default: { provider: 'gemini', model: 'gemini-2.5-pro' } },
    },
    holds: (o) => first(o, { provider: 'google', model: 'gemini-2.5-pro' }) && acted(o, '/services/inference/model', 'skip', 'overruled'),
  },
  {
    says: 'an injected unit serves where no layer has one, and is said to be injected',
    config: { ...own, llm: { default: { provider: 'anthropic', model: 'claude-opus-4-7', maxTokens: 64000 } } },
    holds: (o) =>
      first(o, { provider: 'anthropic', model: 'claude-opus-4-7', max_tokens: null }) &&
      o.planned.lines.some((line) => line.name === 'default-model' && line.field === 'model' && line.provenance === 'injected'),
  },
  {
    says: 'half a unit is undecided and is not filled up from below',
    config: { provider: 'openai', model: 'gpt-5.2', services: { inference: { mode: 'your-own', provider: 'groq' } } },
    holds: (o) => !o.things.has('profile/default-model') && acted(o, '/services/inference/provider', 'undecided', 'half_unit'),
  },
  {
    says: 'provider/model is split at the first slash alone',
    config: { ...own, ...profiles({ deep: { model: 'fireworks/accounts/fireworks/models/glm-5p2' } }) },
    holds: (o) => profileIs(o, 'deep', { provider: 'fireworks', model: 'accounts/fireworks/models/glm-5p2' }),
  },
  {
    says: 'blank strings are as good as absent',
    config: {
      ...own,
      ...profiles({ a: { provider: 'openai', model: 'gpt-5.2', provider_connection: '  ', effort: '' } }, { activeProfile: ' ' }),
    },
    holds: (o) => profileIs(o, 'a', { connection: 'openai', params: {} }) && !o.things.has('route/default'),
  },
  {
    says: 'half a call site takes its other half from its profile, else from the default',
    config: {
      ...own,
      ...profiles(
        { a: { provider: 'openai', model: 'gpt-5.2' }, b: { provider: 'groq', model: 'x' } },
        {
          activeProfile: 'a',
          callSites: { recall: { profile: 'b', model: 'y' }, commitMessage: { model: 'gpt-5.4-mini' }, watchSummary: { provider: 'groq' } },
        },
      ),
    },
    holds: (o) =>
      site(o, 'recall', { provider: 'groq', model: 'y' }) &&
      site(o, 'commitMessage', { provider: 'openai', model: 'gpt-5.4-mini' }) &&
      site(o, 'watchSummary', { provider: 'groq', model: 'gpt-5.2' }),
  },
  {
    says: 'who shipped a profile says nothing of who pays',
    config: { ...own, ...profiles({ balanced: { source: 'managed', provider: 'openai', model: 'gpt-5.2' } }) },
    holds: (o) => profileIs(o, 'balanced', { connection: 'openai' }) && connectionIs(o, 'openai', { billing: 'own' }),
  },
  {
    says: 'a shipped name that the user made his own is his',
    config: { ...own, ...profiles({ balanced: { source: 'user', provider: 'openai', model: 'gpt-5.2' } }) },
    holds: (o) => o.planned.lines.some(({ name, field, provenance }) => name === 'balanced' && field === 'model' && provenance === 'user'),
  },
  {
    says: 'a stub without a body is skipped and listed',
    config: { ...own, ...profiles({ balanced: { source: 'managed' } }) },
    holds: (o) => !o.things.has('profile/balanced') && acted(o, '/llm/profiles/balanced', 'skip', 'stub_without_body'),
  },
  {
    says: 'unknown keys are kept word for word at every depth',
    config: { ...own, ...profiles({ a: { provider: 'openai', model: 'gpt-5.2', thinking: { later: [1, { x: null }] } } }) },
    holds: (o) => JSON.stringify(o.kept.get('/llm/profiles/a/thinking')) === '{"later":[1,{"x":null}]}',
  },
  {
    says: 'managed is the platform, even where an own key exists, and is not used for a provider that the platform never had',
    config: { ...managed, ...profiles({ a: { provider: 'openai', model: 'gpt-5.2' }, b: { provider: 'groq', model: 'x' } }) },
    beside: { credentials: '{"credential/openai/api_key": "present"}' },
    holds: (o) =>
      profileIs(o, 'a', { connection: 'openai-platform' }) &&
      connectionIs(o, 'openai-platform', { billing: 'platform', disabled: true }) &&
      acted(o, '/llm/profiles/b', 'undecided', 'not_on_platform'),
  },
  {
    says: 'without a mode, a flat file is own, and a profile of the fifth era is undecided',
    config: { provider: 'openai', model: 'gpt-5.2', ...profiles({ a: { provider: 'groq', model: 'x' } }) },
    holds: (o) => first(o, { connection: 'openai' }) && acted(o, '/llm/profiles/a', 'undecided', 'who_pays_unknown'),
  },
  {
    says: 'in the ninth era a vendor is own, vellum the platform and chatgpt a subscription that waits for its login',
    config: profiles({
      v: { provider: 'groq', model: 'x' },
      p: { provider: 'vellum', model: 'openai/gpt-5.2' },
      s: { provider: 'chatgpt', model: 'gpt-5.2' },
    }),
    holds: (o) =>
      profileIs(o, 'v', { connection: 'groq' }) &&
      profileIs(o, 'p', { connection: 'openai-platform', model: 'gpt-5.2' }) &&
      profileIs(o, 's', { connection: 'chatgpt-subscription' }) &&
      connectionIs(o, 'chatgpt-subscription', { billing: 'subscription', disabled: true }),
  },
  {
    says: 'without its row, -personal is own, -managed the platform, and another name undecided',
    config: profiles({
      a: { provider: 'openai', model: 'gpt-5.2', provider_connection: 'openai-personal' },
      b: { provider: 'openai', model: 'gpt-5.2', provider_connection: 'openai-managed' },
      c: { provider: 'openai', model: 'gpt-5.2', provider_connection: 'mine' },
    }),
    holds: (o) =>
      connectionIs(o, 'openai-personal', { billing: 'own' }) &&
      connectionIs(o, 'openai-managed', { billing: 'platform' }) &&
      acted(o, '/llm/profiles/c/provider_connection', 'undecided', 'connection_unknown'),
  },
  {
    says: 'every field of a profile has its place',
    config: {
      ...own,
      ...profiles({
        a: {
          provider: 'openrouter',
          model: 'x/y',
          maxTokens: 9,
          temperature: 0,
          topP: 0.5,
          effort: 'none',
          verbosity: 'low',
          speed: 'fast',
          thinking: { enabled: true, budgetTokens: 5 },
          openrouter: { only: ['a'] },
          status: 'disabled',
          label: null,
        },
      }),
    },
    holds: (o) =>
      profileIs(o, 'a', {
        max_tokens: 9,
        temperature: 0,
        disabled: true,
        params: {
          top_p: 0.5,
          effort: 'none',
          verbosity: 'low',
          speed: 'fast',
          thinking: { enabled: true, budget_tokens: 5 },
          provider: { only: ['a'] },
        },
      }),
  },
  {
    says: 'a mix is a route with weights; nested ones, those of themselves and weights of nothing are refused',
    config: {
      ...own,
      ...profiles({
        a: { provider: 'openai', model: 'gpt-5.2' },
        good: { mix: [{ profile: 'a', weight: 0.5 }] },
        nested: { mix: [{ profile: 'good', weight: 1 }] },
        itself: { mix: [{ profile: 'itself', weight: 1 }] },
        nothing: { mix: [{ profile: 'a', weight: 0 }] },
      }),
    },
    holds: (o) =>
      leadsTo(o, 'good').join() === 'a' &&
      ['nested', 'itself', 'nothing'].every((name) => acted(o, `/llm/profiles/${name}`, 'refuse') && !o.things.has(`route/${name}`)),
  },
  {
    says: 'keys of a feature from before call sites become a profile, and an intent is preserved',
    config: {
      ...own,
      provider: 'openai',
      model: 'gpt-5.2',
      digest: { modelOverride: 'groq/x/y', maxTokens: 7, temperature: 1, speed: 'fast', modelIntent: 'quick' },
    },
    holds: (o) =>
      site(o, 'digest', { provider: 'groq', model: 'x/y', max_tokens: 7, temperature: 1, params: { speed: 'fast' } }) &&
      o.kept.get('/digest/modelIntent') === 'quick',
  },
  {
    says: 'a call site that names a profile and nothing else is a route; an id that nobody knows is preserved',
    config: {
      ...own,
      ...profiles({ a: { provider: 'openai', model: 'gpt-5.2' } }, { callSites: { recall: { profile: 'a' }, nobody: { profile: 'a' } } }),
    },
    holds: (o) => leadsTo(o, 'site/recall').join() === 'a' && acted(o, '/llm/callSites/nobody', 'preserve'),
  },
  {
    says: 'a price for a beginning of names is taken with --prefix-prices alone',
    config: { ...own, pricingOverrides: [{ provider: 'openai', modelPattern: 'gpt-', inputPer1M: 1, outputPer1M: 2 }] },
    beside: { prefix_prices: true },
    holds: (o) => o.cards.length === 1 && o.cards[0]!.match === 'prefix' && o.cards[0]!.model === 'gpt-',
  },
  {
    says: 'with --leave-undecided what waits is made, out of use',
    config: profiles({ a: { provider: 'openai', model: 'gpt-5.2' } }),
    beside: { leave_undecided: true },
    holds: (o) => profileIs(o, 'a', { provider: 'openai', model: 'gpt-5.2', connection: null, disabled: true }),
  },
  {
    says: 'what belongs to the client is preserved',
    config: {
      provider: 'openai',
      model: 'gpt-5.2',
      contextWindow: { maxInputTokens: 5 },
      llm: { profileOrder: ['a'], profileSession: { ttl: 1 } },
      voice: { model: 1 },
    },
    holds: (o) =>
      (
        [
          ['/contextWindow', { maxInputTokens: 5 }],
          ['/llm', { profileOrder: ['a'], profileSession: { ttl: 1 } }],
          ['/voice', { model: 1 }],
        ] as readonly (readonly [string, Json])[]
      ).every(([place, value]) => JSON.stringify(o.kept.get(place)) === JSON.stringify(value)),
  },
]

eachStore((fresh, { name }) => {
  for (const { says, config, beside, holds } of name === 'memory' ? rules : rules.slice(-2)) {
    test(says, async (t) => {
      const house = await openHouse(t, await fresh(t))
      const outcome = await outcomeOf(house.context, house.clock, { config: JSON.stringify(config), ...beside })
      assert.ok(
        holds(outcome),
        JSON.stringify(
          outcome.planned.lines.map(({ action, pointer, name: target, field, value, reason }) => [
            action,
            pointer,
            target,
            field,
            value,
            reason,
          ]),
          null,
          0,
        ),
      )
      assert.ok(outcome.planned.refused.length === 0)
    })
  }
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eachStore } from '../support/stores.ts'
import { acted, connectionIs, defaultIs, leadsTo, type Outcome, outcomeOf, profileIs, touchedBy } from './expected.ts'
import { openHouse } from './house.ts'

const read = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')

type Expected = { readonly file: string; readonly rows?: string; readonly says: string; holds(outcome: Outcome): void }

const expectations: readonly Expected[] = [
  {
    file: 'flat.json',
    says: 'a flat file of the first era becomes own connections with sealed keys, a default and one exact card',
    holds(o) {
      assert.ok(connectionIs(o, 'anthropic', { billing: 'own' }))
      assert.equal(o.sealed, 2)
      assert.ok(!o.text.includes('not-a-real-key'), 'no key in clear reaches the database')
      assert.ok(!JSON.stringify(o.planned).includes('not-a-real-key'), 'nor an answer')
      const params = { thinking: { budget_tokens: 3000, enabled: true } }
      assert.ok(defaultIs(o, { provider: 'anthropic', connection: 'anthropic', model: 'claude-sonnet-4-6', max_tokens: 9000, params }))
      assert.deepEqual(o.cards, [
        { provider: 'anthropic', model: 'claude-sonnet-4-6', match: 'exact', input: '2.75', output: '14', cacheRead: null },
      ])
      assert.ok(acted(o, '/pricingOverrides/1', 'undecided', 'pattern_names_no_model'))
      assert.ok(acted(o, '/providerOrder', 'undecided'))
      assert.ok(acted(o, '/apiKeys/perplexity', 'skip', 'secret_not_kept'))
      assert.match(String(o.kept.get('/apiKeys/perplexity')), /^\[secret:/)
    },
  },
  {
    file: 'managed.json',
    says: 'a managed file becomes platform connections out of use, and no own one',
    holds(o) {
      assert.ok(connectionIs(o, 'openai-platform', { billing: 'platform', disabled: true }))
      assert.ok(defaultIs(o, { connection: 'openai-platform', model: 'gpt-5.2', max_tokens: 5000, params: { effort: 'high' } }))
      assert.ok(profileIs(o, 'site/digest', { connection: 'anthropic-platform', model: 'claude-haiku-4-5', max_tokens: 300 }))
      assert.ok(!o.planned.lines.some(({ field, value }) => field === 'billing' && value === 'own'))
      assert.ok(o.fields.some(({ pointer, rule }) => pointer === '/services/inference/mode' && rule === 'mode'))
      assert.deepEqual(o.kept.get('/memory'), { modelIntent: 'fast' })
    },
  },
  {
    file: 'injected.json',
    says: "the user's older choice beats what the old assistant injected, and none of its tuning comes along",
    holds(o) {
      const model = 'accounts/fireworks/models/glm-5p2'
      assert.ok(defaultIs(o, { provider: 'fireworks', connection: 'fireworks', model, max_tokens: 1200, temperature: null, params: {} }))
      assert.ok(profileIs(o, 'site/recall', { model, max_tokens: 1200, temperature: 0.1 }))
      assert.ok(profileIs(o, 'site/watchSummary', { provider: 'fireworks', model: 'accounts/fireworks/models/glm-4p5' }))
    },
  },
  {
    file: 'profiles.json',
    says: 'profiles, a mix and call sites become profiles and routes on the platform',
    holds(o) {
      assert.ok(profileIs(o, 'mine', { provider: 'openai', connection: 'openai-platform', params: { top_p: 0.5 } }))
      assert.deepEqual(leadsTo(o, 'split'), ['balanced', 'mine'])
      assert.deepEqual(o.things.get('route/split')!.fields.members, [
        { profile: 'balanced', weight: 75 },
        { profile: 'mine', weight: 25 },
      ])
      assert.deepEqual(leadsTo(o, 'default'), ['balanced'])
      assert.deepEqual(leadsTo(o, 'site/mainAgent'), ['balanced', 'mine'])
      assert.ok(profileIs(o, 'site/recall', { provider: 'openai', model: 'gpt-5.2', max_tokens: 99, params: { top_p: 0.5 } }))
    },
  },
  {
    file: 'local.json',
    says: 'an installation that is local stays local, and a cloud model alone is not guessed into the cloud',
    holds(o) {
      assert.ok(defaultIs(o, { provider: 'ollama', connection: 'ollama-local', model: 'phi4:14b', params: { effort: 'none' } }))
      assert.ok(profileIs(o, 'site/conversationTitle', { provider: 'ollama', connection: 'ollama-local', model: 'gemma3:4b' }))
      assert.ok(acted(o, '/llm/profiles/balanced', 'skip', 'placeholder'))
      assert.ok(acted(o, '/llm/profiles/cloudy', 'undecided'))
      assert.deepEqual([touchedBy(o, 'connection'), touchedBy(o, 'provider')], [[], []])
    },
  },
  {
    file: 'endpoints.json',
    says: 'an endpoint without its row is undecided and bound to nothing else',
    holds(o) {
      assert.deepEqual(touchedBy(o, 'profile'), ['off'])
      assert.ok(acted(o, '/llm/activeProfile', 'undecided', 'active_profile_dangles'))
      assert.equal(o.cards.length, 0)
    },
  },
  {
    file: 'endpoints.json',
    rows: 'endpoint-rows.json',
    says: 'endpoints with rows become providers of their own, each connection with its own credential',
    holds(o) {
      assert.deepEqual(touchedBy(o, 'provider'), ['den-llama', 'far-away'])
      assert.equal(o.things.get('provider/den-llama')!.fields.network, 'loopback')
      assert.equal(o.things.get('provider/far-away')!.fields.network, 'public')
      assert.ok(connectionIs(o, 'far-away', { auth: { type: 'api_key', credential: 'env:FAR_AWAY_API_KEY' }, billing: 'own' }))
      assert.ok(connectionIs(o, 'openai-personal', { auth: { type: 'api_key', credential: 'env:OPENAI_PERSONAL_API_KEY' } }))
      assert.ok(acted(o, 'connections:/3', 'undecided', 'keyless_in_public'))
      assert.ok(profileIs(o, 'off', { disabled: true }))
      assert.deepEqual(leadsTo(o, 'default'), ['den'])
      assert.deepEqual(
        o.cards.map(({ provider, model }) => `${provider} ${model}`),
        ['far-away mixtral-x'],
      )
    },
  },
  {
    file: 'damaged.json',
    says: 'damage stays where it is: what is sound is moved in, and every other record is listed',
    holds(o) {
      assert.ok(!o.things.has('route/default'))
      assert.deepEqual(touchedBy(o, 'profile'), ['constructor', 'lost', 'through'])
      assert.ok(profileIs(o, 'lost', { disabled: true, connection: null }))
      assert.ok(profileIs(o, 'through', { provider: 'openai', connection: 'openai-platform', model: 'org/model/x' }))
      assert.ok(acted(o, '/llm/profiles/Bad Name', 'undecided', 'name_not_allowed'))
      assert.ok(acted(o, '/llm/profiles/__proto__', 'undecided', 'name_not_allowed'))
      assert.ok(acted(o, '/llm/profiles/loop', 'refuse') && acted(o, '/llm/profiles/weightless', 'refuse'))
      assert.ok([0, 1, 2].every((index) => acted(o, `/llm/pricingOverrides/${index}`, 'refuse')))
      assert.deepEqual(o.kept.get('/llm/later'), { a: [{ b: null }] })
      assert.deepEqual(o.kept.get('/llm/callSites/unheardOf'), { profile: 'constructor' })
    },
  },
]

eachStore((fresh) => {
  for (const { file, rows, says, holds } of expectations) {
    test(says, async (t) => {
      const house = await openHouse(t, await fresh(t))
      const asked = { config: read(file), ...(rows === undefined ? {} : { connections: read(rows) }) }
      const outcome = await outcomeOf(house.context, house.clock, asked)
      assert.deepEqual([outcome.again.empty, outcome.again.plan], [true, null], 'a second run is an empty plan')
      const { quarantined } = await house.context.directory()
      assert.deepEqual(quarantined, [], 'every row reads')
      holds(outcome)
    })
  }
})

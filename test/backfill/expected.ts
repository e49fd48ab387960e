/** What must come of the example files, one sentence a check, over the rows as they stand once the plan was applied. */

import type { Thing } from '../../src/control/backfill/present.ts'
import type { OperationContext } from '../../src/control/context.ts'
import { canonicalJson, type Json, type JsonObject } from '../../src/core/json.ts'
import type { HandClock } from '../control/books.ts'
import { type Asked, houseOf, type Line, type Plan } from './house.ts'

export type Card = {
  readonly provider: string
  readonly model: string
  readonly match: string
  readonly input: string
  readonly output: string
  readonly cacheRead: Json
}
export type Outcome = {
  readonly planned: Plan
  readonly again: Plan
  readonly before: ReadonlyMap<string, Thing>
  readonly things: ReadonlyMap<string, Thing>
  readonly cards: readonly Card[]
  readonly kept: ReadonlyMap<string, Json>
  readonly fields: readonly { readonly name: string; readonly field: string; readonly pointer: string; readonly rule: string }[]
  readonly sealed: number
  /** Everything that the database holds, as text. */
  readonly text: string
}
export type Checks = Readonly<Record<string, (outcome: Outcome) => boolean>>
export type Example = { readonly file: string; readonly rows?: string; readonly checks: Checks }

export async function outcomeOf(context: OperationContext, clock: HandClock, asked: Asked): Promise<Outcome> {
  const house = houseOf(context, clock)
  const before = await house.things()
  const { planned, applied } = await house.move(asked)
  const { read } = context.store
  const cards = await read
    .selectFrom('rate_cards')
    .innerJoin('providers', 'providers.id', 'rate_cards.provider_id')
    .select([
      'providers.name',
      'model',
      'match_mode',
      'input_token_nanos_per_1m',
      'output_token_nanos_per_1m',
      'cache_read_token_nanos_per_1m',
      'source',
    ])
    .where('source', 'in', ['import:config.json', 'user_override'])
    .execute()
  const got = applied === null ? null : await house.run('backfill.get', { import: applied.import })
  const tables = ['plans', 'imports', 'provenance', 'preserved', 'audit_log', 'connections', 'sealed_secrets'] as const
  const rows = await Promise.all(tables.map((table) => read.selectFrom(table).selectAll().execute()))
  return {
    planned,
    again: await house.plan(asked),
    before,
    things: await house.things(),
    cards: cards.map((row) => ({
      provider: row.name,
      model: row.model,
      match: row.match_mode,
      input: dollars(row.input_token_nanos_per_1m),
      output: dollars(row.output_token_nanos_per_1m),
      cacheRead: row.cache_read_token_nanos_per_1m === null ? null : 'set',
    })),
    kept: new Map(((got?.preserved ?? []) as unknown as { pointer: string; value: Json }[]).map(({ pointer, value }) => [pointer, value])),
    fields: (got?.fields ?? []) as unknown as Outcome['fields'],
    sealed: (await read.selectFrom('sealed_secrets').select('id').execute()).length,
    text: JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value)),
  }
}

function dollars(nanos: bigint): string {
  return String(Number(nanos) / 1e9)
}

const fieldsOf = ({ things }: Outcome, key: string): JsonObject => things.get(key)?.fields ?? {}

/** Every field given is as given, in the row and in its parameters. */
export function profileIs(outcome: Outcome, name: string, expected: JsonObject): boolean {
  const fields = fieldsOf(outcome, `profile/${name}`)
  return Object.entries(expected).every(([field, value]) => canonicalJson(fields[field] ?? null) === canonicalJson(value))
}

/** The profiles that a route leads to. */
export function leadsTo(outcome: Outcome, route: string): readonly string[] {
  return ((fieldsOf(outcome, `route/${route}`).members ?? []) as unknown as { profile: string }[]).map(({ profile }) => profile)
}

export function defaultIs(outcome: Outcome, expected: JsonObject): boolean {
  const [profile, ...others] = leadsTo(outcome, 'default')
  return profile !== undefined && others.length === 0 && profileIs(outcome, profile, expected)
}

export function lineAt(outcome: Outcome, pointer: string): readonly Line[] {
  return outcome.planned.lines.filter((line) => line.pointer === pointer)
}

export function acted(outcome: Outcome, pointer: string, action: string, reason?: string): boolean {
  return lineAt(outcome, pointer).some((line) => line.action === action && (reason === undefined || line.reason === reason))
}

export function connectionIs(outcome: Outcome, name: string, expected: JsonObject): boolean {
  const fields = fieldsOf(outcome, `connection/${name}`)
  return Object.entries(expected).every(([field, value]) => canonicalJson(fields[field] ?? null) === canonicalJson(value))
}

/** Rows that the import made or changed. */
export function touchedBy(outcome: Outcome, kind: string): readonly string[] {
  const rows = [...outcome.things].filter(
    ([key, each]) => each.kind === kind && JSON.stringify(outcome.before.get(key)?.fields) !== JSON.stringify(each.fields),
  )
  return rows.map(([, { name }]) => name).toSorted()
}

export function clouds(outcome: Outcome): readonly string[] {
  const wanted = outcome.planned.lines.filter(({ kind, action }) => kind === 'connection' && ['create', 'update', 'keep'].includes(action))
  return [...new Set(wanted.map(({ name }) => name!))].filter((name) => {
    const provider = fieldsOf(outcome, `connection/${name}`).provider
    return fieldsOf(outcome, `provider/${String(provider)}`).network === 'public'
  })
}

const sealedAuth = (outcome: Outcome, name: string) =>
  /^sealed:/.test(String((fieldsOf(outcome, `connection/${name}`).auth as JsonObject).credential))
const credentialOf = (outcome: Outcome, name: string) => (fieldsOf(outcome, `connection/${name}`).auth as JsonObject).credential
const pays = (outcome: Outcome, profile: string) => {
  const connection = fieldsOf(outcome, `profile/${profile}`).connection
  return connection === null || connection === undefined ? null : fieldsOf(outcome, `connection/${String(connection)}`).billing
}
const secondRunIsEmpty: Checks = {
  'a second run is an empty plan': ({ again }) => again.empty && again.plan === null,
  'no name is refused': ({ planned }) => planned.refused.length === 0,
}

export const examples: readonly Example[] = [
  {
    file: '01-flat-legacy.json',
    checks: {
      ...secondRunIsEmpty,
      'own connections openai and fireworks': (o) =>
        connectionIs(o, 'openai', { billing: 'own', provider: 'openai' }) && connectionIs(o, 'fireworks', { billing: 'own' }),
      'secrets sealed': (o) => o.sealed === 2 && sealedAuth(o, 'openai') && sealedAuth(o, 'fireworks'),
      'no key in clear anywhere': (o) => !o.text.includes('PLAINTEXT') && !JSON.stringify(o.planned).includes('PLAINTEXT'),
      'the report says which line to delete': (o) =>
        o.planned.secrets.map(({ pointer }) => pointer).join() === '/apiKeys/openai,/apiKeys/fireworks',
      'default leads to openai gpt-5.2, max_tokens 24000': (o) =>
        defaultIs(o, { provider: 'openai', connection: 'openai', model: 'gpt-5.2', max_tokens: 24000 }),
      'thinking budget 6000': (o) => defaultIs(o, { params: { thinking: { budget_tokens: 6000, enabled: true } } }),
      'card 1.40 / 11.50 exact, cache prices NULL': (o) =>
        JSON.stringify(o.cards) ===
        JSON.stringify([{ provider: 'openai', model: 'gpt-5.2', match: 'exact', input: '1.4', output: '11.5', cacheRead: null }]),
      'the kimi pattern undecided': (o) => acted(o, '/pricingOverrides/1', 'undecided'),
      'providerOrder undecided, no fallback made': (o) => acted(o, '/providerOrder', 'undecided') && leadsTo(o, 'default').length === 1,
      'nothing else is made': (o) =>
        touchedBy(o, 'profile').join() === 'default-model' &&
        touchedBy(o, 'route').join() === 'default' &&
        touchedBy(o, 'provider').length === 0,
      'each key is sealed for itself': (o) => credentialOf(o, 'openai') !== credentialOf(o, 'fireworks'),
    },
  },
  {
    file: '02-services-managed.json',
    checks: {
      ...secondRunIsEmpty,
      'anthropic-platform, disabled without --platform': (o) =>
        connectionIs(o, 'anthropic-platform', { billing: 'platform', disabled: true }),
      'default leads to it with claude-opus-4-6, 16000, effort medium, thinking on': (o) =>
        defaultIs(o, {
          provider: 'anthropic',
          connection: 'anthropic-platform',
          model: 'claude-opus-4-6',
          max_tokens: 16000,
          params: { effort: 'medium', thinking: { enabled: true } },
        }),
      'no own connection': (o) =>
        !o.planned.lines.some(({ kind, field, value }) => kind === 'connection' && field === 'billing' && value === 'own'),
      'mode kept in provenance': (o) =>
        o.fields.some(
          ({ name, field, pointer, rule }) =>
            name === 'anthropic-platform' && field === 'billing' && pointer === '/services/inference/mode' && rule === 'mode',
        ),
      'the intents name no model and are preserved': (o) =>
        [...o.kept.keys()].some((place) => place.startsWith('/memory')) &&
        [...o.kept.keys()].some((place) => place.startsWith('/notifications')),
    },
  },
  {
    file: '04-llm-default-with-injected-defaults.json',
    checks: {
      ...secondRunIsEmpty,
      'default leads to gemini-2.5-pro with effort low and nothing else of the injected body': (o) =>
        defaultIs(o, {
          provider: 'google',
          connection: 'google',
          model: 'gemini-2.5-pro',
          max_tokens: null,
          temperature: null,
          params: { effort: 'low' },
        }),
      'the injected values are listed as injected': (o) =>
        ['provider', 'model', 'maxTokens', 'effort', 'speed'].every((key) =>
          lineAt(o, `/llm/default/${key}`).some((line) => line.action === 'skip' && line.provenance === 'injected'),
        ),
      'site/conversationTitle gemini-2.5-flash-lite 64': (o) =>
        profileIs(o, 'site/conversationTitle', { provider: 'google', model: 'gemini-2.5-flash-lite', max_tokens: 64 }),
      'site/commitMessage 140, 0.3': (o) =>
        profileIs(o, 'site/commitMessage', { provider: 'google', model: 'gemini-2.5-pro', max_tokens: 140, temperature: 0.3 }),
      'nor do the call sites hold anything of the injected body': (o) =>
        profileIs(o, 'site/conversationTitle', { connection: 'google', temperature: null, params: { effort: 'low' } }) &&
        profileIs(o, 'site/commitMessage', { connection: 'google', params: { effort: 'low' } }),
      'effort is from the top level': (o) =>
        acted(o, '/effort', 'create', 'tuning') &&
        o.fields.some(({ field, pointer }) => field === 'params.effort' && pointer === '/effort'),
      'only google pays': (o) => touchedBy(o, 'profile').every((name) => fieldsOf(o, `profile/${name}`).connection === 'google'),
      'the price prefix undecided': (o) => acted(o, '/llm/pricingOverrides/0', 'undecided') && o.cards.length === 0,
    },
  },
  {
    file: '05-may2026-managed-profiles.json',
    checks: {
      ...secondRunIsEmpty,
      'three shipped profiles, injected': (o) =>
        ['balanced', 'quality-optimized', 'cost-optimized'].every(
          (name) =>
            o.things.has(`profile/${name}`) &&
            o.planned.lines.some((line) => line.name === name && line.field === 'model' && line.provenance === 'injected'),
        ),
      "night-shift on anthropic, the model's owner, listed": (o) =>
        profileIs(o, 'night-shift', { provider: 'anthropic', model: 'claude-opus-4-6', params: { effort: 'xhigh', verbosity: 'low' } }) &&
        o.planned.lines.some(({ name, reason }) => name === 'night-shift' && reason === 'owner_of_model'),
      'default leads to quality-optimized': (o) => leadsTo(o, 'default').join() === 'quality-optimized',
      'all on platform connections': (o) =>
        touchedBy(o, 'profile').length === 8 && touchedBy(o, 'profile').every((name) => pays(o, name) === 'platform'),
      'site/recall is the body of cost-optimized with 4096 and temperature 0': (o) =>
        profileIs(o, 'site/recall', {
          model: 'claude-haiku-4-5-20251001',
          max_tokens: 4096,
          temperature: 0,
          params: { effort: 'low', thinking: { enabled: false } },
        }),
      'site/conversationSummarization on openai-platform': (o) =>
        profileIs(o, 'site/conversationSummarization', { connection: 'openai-platform', model: 'gpt-5.4-mini' }),
      'site/recall is on the platform of its profile': (o) =>
        profileIs(o, 'site/recall', { provider: 'anthropic', connection: 'anthropic-platform' }),
      'site/conversationSummarization has the provider that it names': (o) =>
        profileIs(o, 'site/conversationSummarization', { provider: 'openai' }),
      'the shipped profiles have their bodies': (o) =>
        profileIs(o, 'balanced', {
          model: 'claude-sonnet-4-6',
          max_tokens: 16000,
          params: { effort: 'high', thinking: { enabled: true } },
        }) &&
        profileIs(o, 'quality-optimized', { model: 'claude-opus-4-7', max_tokens: 32000 }) &&
        profileIs(o, 'cost-optimized', { model: 'claude-haiku-4-5-20251001', max_tokens: 8192 }),
      'no own connection': (o) =>
        !o.planned.lines.some(({ kind, field, value }) => kind === 'connection' && field === 'billing' && value === 'own'),
      'mode kept': (o) =>
        ['anthropic-platform', 'openai-platform'].every((connection) =>
          o.fields.some(
            ({ name, field, pointer, rule }) =>
              name === connection && field === 'billing' && pointer === '/services/inference/mode' && rule === 'mode',
          ),
        ),
    },
  },
  {
    file: '07-may2026-ollama-empty-shells.json',
    checks: {
      ...secondRunIsEmpty,
      'ollama-local only': (o) => connectionIs(o, 'ollama-local', { billing: 'none', auth: { type: 'none' } }),
      'default leads to qwen3-coder:30b, effort "none"': (o) =>
        defaultIs(o, {
          provider: 'ollama',
          connection: 'ollama-local',
          model: 'qwen3-coder:30b',
          max_tokens: 8192,
          params: { effort: 'none', thinking: { enabled: false } },
        }),
      'three shells skipped': (o) =>
        ['balanced', 'quality-optimized', 'cost-optimized'].every(
          (name) => acted(o, `/llm/profiles/${name}`, 'skip', 'placeholder') && !o.things.has(`profile/${name}`),
        ),
      'site/conversationTitle leads to ollama llama3.2': (o) =>
        profileIs(o, 'site/conversationTitle', { provider: 'ollama', connection: 'ollama-local', model: 'llama3.2' }),
      'the qwen3 price undecided': (o) => acted(o, '/llm/pricingOverrides/0', 'undecided') && o.cards.length === 0,
      'no cloud row of any kind': (o) =>
        clouds(o).length === 0 &&
        touchedBy(o, 'connection').length === 0 &&
        touchedBy(o, 'provider').length === 0 &&
        touchedBy(o, 'profile').every((name) => pays(o, name) === 'none'),
    },
  },
  {
    file: '08-auth-first-openai-compatible.json',
    checks: {
      ...secondRunIsEmpty,
      'basement-vllm and portkey-eu undecided, no base URL': (o) =>
        ['basement-vllm', 'portkey-eu'].every((name) =>
          o.planned.lines.some((line) => line.name === name && line.action === 'undecided' && line.reason === 'no_base_url'),
        ),
      'never bound to another endpoint': (o) =>
        !o.things.has('profile/workstation') && !o.things.has('profile/portkey-deepseek') && touchedBy(o, 'provider').length === 0,
      'no default and no price without them': (o) =>
        !o.things.has('route/default') && o.cards.length === 0 && acted(o, '/llm/activeProfile', 'undecided'),
      'what has a known payer comes in': (o) =>
        profileIs(o, 'balanced', { connection: 'anthropic-managed' }) && profileIs(o, 'paused', { disabled: true }),
    },
  },
  {
    file: '08-auth-first-openai-compatible.json',
    rows: 'rows/08-provider_connections.json',
    checks: {
      ...secondRunIsEmpty,
      'two providers, one local': (o) =>
        touchedBy(o, 'provider').join() === 'basement-vllm,portkey-eu' &&
        fieldsOf(o, 'provider/basement-vllm').network === 'loopback' &&
        fieldsOf(o, 'provider/portkey-eu').network === 'public' &&
        fieldsOf(o, 'provider/portkey-eu').contract === 'openai-chat',
      'each connection with its own credential': (o) => {
        const credentials = [...o.things.values()]
          .filter(({ kind }) => kind === 'connection')
          .map(({ fields }) => (fields.auth as JsonObject).credential)
        const said = credentials.filter((each) => typeof each === 'string')
        return new Set(said).size === said.length
      },
      'paused disabled, no label': (o) => profileIs(o, 'paused', { disabled: true, connection: 'openai-personal' }),
      'price on portkey-eu only': (o) => o.cards.length === 1 && o.cards[0]!.provider === 'portkey-eu' && o.cards[0]!.input === '0.12',
      'it is exact, with its output price': (o) =>
        o.cards[0]!.model === 'deepseek-v4-flash' &&
        o.cards[0]!.match === 'exact' &&
        o.cards[0]!.output === '0.5' &&
        o.cards[0]!.cacheRead === null,
      'the local one is keyless, the other has its own key': (o) =>
        connectionIs(o, 'basement-vllm', { provider: 'basement-vllm', billing: 'none', auth: { type: 'none' } }) &&
        connectionIs(o, 'portkey-eu', { provider: 'portkey-eu', billing: 'own' }) &&
        credentialOf(o, 'portkey-eu') !== credentialOf(o, 'openai-personal') &&
        credentialOf(o, 'portkey-eu') !== undefined,
      'the profiles are bound to their own endpoints': (o) =>
        profileIs(o, 'workstation', { provider: 'basement-vllm', model: 'Qwen/Qwen3-32B-AWQ', max_tokens: 6000 }) &&
        profileIs(o, 'portkey-deepseek', { provider: 'portkey-eu', connection: 'portkey-eu', model: 'deepseek-v4-flash' }),
      'a label of null makes no label': (o) =>
        lineAt(o, '/llm/profiles/paused/label').every(({ action }) => action === 'skip' || action === 'preserve') &&
        fieldsOf(o, 'profile/paused').label === undefined,
      'site/memoryRouter is a route': (o) => leadsTo(o, 'site/memoryRouter').join() === 'balanced',
      'default leads to workstation': (o) => leadsTo(o, 'default').join() === 'workstation' && pays(o, 'workstation') === 'none',
    },
  },
  {
    file: '11-hostile-partial-damage.json',
    checks: {
      ...secondRunIsEmpty,
      'no default: three half units and a dangling activeProfile': (o) =>
        !o.things.has('route/default') &&
        ['/llm/default/provider', '/services/inference/provider', '/provider'].every((place) =>
          acted(o, place, 'undecided', 'half_unit'),
        ) &&
        acted(o, '/llm/activeProfile', 'undecided', 'active_profile_dangles'),
      'nothing else stands in for the default': (o) => !o.things.has('profile/default-model') && !o.things.has('profile/vanished'),
      'label-null comes in': (o) => profileIs(o, 'label-null', { provider: 'anthropic', model: 'claude-haiku-4-5-20251001' }),
      'ghost and list are no profiles': (o) => !o.things.has('profile/ghost') && !o.things.has('profile/list'),
      'neither mix is a route': (o) =>
        !o.things.has('route/mix-of-mix') && !o.things.has('profile/mix-of-mix') && !o.things.has('profile/mix-self'),
      'what a mix held beside is listed': (o) => lineAt(o, '/llm/profiles/mix-self').some(({ action }) => action === 'refuse'),
      'dangling keeps provider and model, and says why': (o) =>
        profileIs(o, 'dangling', { provider: 'openai', model: 'gpt-5.5' }) &&
        acted(o, '/llm/profiles/dangling/provider_connection', 'undecided', 'connection_unknown'),
      'a call site with a profile that is gone is undecided, an empty one is skipped': (o) =>
        acted(o, '/llm/callSites/recall', 'undecided', 'profile_dangles') && acted(o, '/llm/callSites/inference', 'skip', 'placeholder'),
      'an impossible maxTokens is refused': (o) => acted(o, '/llm/default/maxTokens', 'refuse', 'impossible_value'),
      'ghost and list skipped': (o) => acted(o, '/llm/profiles/ghost', 'skip') && acted(o, '/llm/profiles/list', 'skip'),
      'two-models created, listed as unlisted': (o) =>
        profileIs(o, 'two-models', { provider: 'openai', model: 'claude-opus-4-7' }) &&
        acted(o, '/llm/profiles/two-models/model', 'create', 'model_of_another_provider'),
      'model-only leads to gemini, listed': (o) =>
        profileIs(o, 'model-only', { provider: 'google', model: 'gemini-2.5-pro' }) &&
        acted(o, '/llm/profiles/model-only/model', 'create', 'owner_of_model'),
      'encoded leads to the platform with model accounts/fireworks/models/glm-5p2': (o) =>
        profileIs(o, 'encoded', { provider: 'fireworks', model: 'accounts/fireworks/models/glm-5p2' }) && pays(o, 'encoded') === 'platform',
      'dangling disabled': (o) => profileIs(o, 'dangling', { disabled: true, connection: null }),
      'constructor is a plain name': (o) => profileIs(o, 'constructor', { provider: 'anthropic', model: 'claude-opus-4-7' }),
      'both mixes refused': (o) =>
        acted(o, '/llm/profiles/mix-of-mix', 'refuse') && acted(o, '/llm/profiles/mix-self', 'refuse') && !o.things.has('route/mix-self'),
      'mainagent preserved': (o) =>
        acted(o, '/llm/callSites/mainagent', 'preserve') &&
        JSON.stringify(o.kept.get('/llm/callSites/mainagent')) === '{"profile":"two-models"}',
      'three prices refused': (o) =>
        [0, 1, 2].every((index) => acted(o, `/llm/pricingOverrides/${index}`, 'refuse')) && o.cards.length === 0,
      'xFutureKey preserved': (o) => JSON.stringify(o.kept.get('/llm/xFutureKey')) === '{"keep":"me"}',
    },
  },
]

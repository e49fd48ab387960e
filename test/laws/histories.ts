/** Histories of a database and the manifests that it meets: generated, and played on values alone. */

import fc from 'fast-check'
import type { Manifest } from '../../src/catalog/manifest.ts'
import { type Base, keyOf, type Present, type Thing, type ThingKind } from '../../src/control/manifest/items.ts'
import type { MergePlan } from '../../src/control/manifest/plan.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'

export const empty: Present = { things: [], bases: [], record: null }

/** The database after a plan was carried out. */
export function carriedOut(present: Present, { changes, record }: Pick<MergePlan, 'changes' | 'record'>): Present {
  const things = new Map<string, Thing>(present.things.map((thing) => [keyOf(thing), thing]))
  const bases = new Map<string, Base>(present.bases.map((base) => [keyOf(base), base]))
  for (const { after, base } of changes) {
    things.set(keyOf(after), after)
    if (base !== null) bases.set(keyOf(base), base)
  }
  return { things: [...things.values()], bases: [...bases.values()], record: record ?? present.record }
}

export const withEveryConsent = { accept: { has: () => true } as unknown as ReadonlySet<string> }

type Items = { readonly [Kind in 'providers' | 'connections' | 'profiles' | 'routes']: readonly Manifest[Kind][number][] }

const urls = ['https://a.example/v1', 'https://b.example/v1', 'https://c.example/v1']
const auths = [
  { type: 'none' },
  { type: 'api_key', credential: 'env:ONE' },
  { type: 'api_key', credential: 'env:TWO' },
  { type: 'platform', base_url: null, credential: null },
] as const
const scalar = fc.constantFrom<Json>(null, 0, 1, 'x', true, [], [1], [1, 2])
/** Small objects with few keys, so that sides meet. */
const nested: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom('k', 'l', 'a.b'),
  fc.oneof(scalar, fc.dictionary(fc.constantFrom('m', 'n'), fc.oneof(scalar, fc.dictionary(fc.constant('o'), scalar, { maxKeys: 1 })))),
  { maxKeys: 3 },
)
const places = [0, 1, 2] as const
const place = fc.constantFrom(...places)

/** The items of one revision. Every reference leads to an item of the same revision. */
const content: fc.Arbitrary<Items> = fc
  .record({
    providers: fc.uniqueArray(fc.record({ at: place, url: fc.constantFrom(...urls), dialect: nested, errors: fc.boolean() }), {
      selector: ({ at }) => at,
      minLength: 1,
    }),
    connections: fc.uniqueArray(
      fc.record({ at: place, to: place, auth: fc.constantFrom(...auths), twin: fc.option(place), off: fc.boolean() }),
      {
        selector: ({ at }) => at,
      },
    ),
    profiles: fc.uniqueArray(fc.record({ at: place, to: place, model: fc.constantFrom('one', 'two'), params: nested }), {
      selector: ({ at }) => at,
    }),
    routes: fc.uniqueArray(fc.record({ at: place, to: fc.array(place, { minLength: 1, maxLength: 2 }), cross: fc.boolean() }), {
      selector: ({ at }) => at,
      maxLength: 2,
    }),
  })
  .map((drawn) => {
    const pick = <T>(from: readonly T[], at: number): T => from[at % from.length]!
    const providers = drawn.providers.map(({ at, url, dialect, errors }) => ({
      id: `p${at}`,
      name: `provider-${at}`,
      contract: 'openai-chat' as const,
      base_url: url,
      dialect,
      network: 'public' as const,
      bills_errors: errors,
    }))
    const plain = drawn.connections.map(({ at, to, auth, off }) => ({
      id: `c${at}`,
      name: `connection-${at}`,
      provider: pick(providers, to).name,
      auth,
      billing: auth.type === 'platform' ? ('platform' as const) : ('own' as const),
      disabled: off,
    }))
    const isPaired = plain.length >= 2 && drawn.connections[0]!.twin !== null
    const connections = plain.map((item, n) => ({ ...item, twin: isPaired && n < 2 ? plain[1 - n]!.name : null }))
    const profiles = (connections.length === 0 ? [] : drawn.profiles).map(({ at, to, model, params }) => {
      const { name, provider } = pick(connections, to)
      return { id: `m${at}`, name: `model-${at}`, provider, connection: name, model, params }
    })
    const routes = (profiles.length === 0 ? [] : drawn.routes).map(({ at, to, cross }) => ({
      id: `r${at}`,
      name: `route-${at}`,
      members: to.map((each) => ({ profile: pick(profiles, each).name })),
      allow_cross: cross ? (['billing'] as const).slice() : [],
    }))
    return { providers, connections, profiles, routes }
  })

export const revisions = (most: number) => fc.array(content, { minLength: 1, maxLength: most })

export function manifestOf(items: Items, revision: number): Manifest {
  return { revision, models: [], ...structuredClone(items) } as Manifest
}

/** An act of an operator, on the thing at `at` of those that stand (counted round). */
type Act =
  | { readonly act: 'edit'; readonly at: number; readonly field: number; readonly value: Json }
  | { readonly act: 'reset'; readonly at: number; readonly field: number }
  | { readonly act: 'remove'; readonly at: number }
  | { readonly act: 'create'; readonly kind: ThingKind; readonly at: number }

export type Step =
  | Act
  /** A release with the next items of the history, and a start of it; `skipped` releases lie between. */
  | { readonly act: 'upgrade'; readonly skipped: number }
  | { readonly act: 'restart' }
  | { readonly act: 'apply'; readonly consents: boolean }
  | { readonly act: 'downgrade' }

const at = fc.nat(11)
const field = fc.nat(9)
export const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ act: fc.constant('edit' as const), at, field, value: fc.oneof(scalar, nested) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('reset' as const), at, field }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('remove' as const), at }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('create' as const), at, kind: fc.constantFrom('provider', 'connection', 'profile', 'route') }),
  },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: act },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('upgrade' as const), skipped: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('apply' as const), consents: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('downgrade' as const) }) },
)

export const history = fc.record({ contents: revisions(8), steps: fc.array(step, { minLength: 3, maxLength: 24 }) })

/** What the operator's act makes of the things. His values stay within what a column can hold. */
export function acted(present: Present, act: Act): Present {
  const standing = present.things.filter((thing) => !thing.removed)
  if (act.act === 'create') return { ...present, things: [...present.things, ...made(act, standing)] }
  const thing = standing[act.at % Math.max(standing.length, 1)]
  if (thing === undefined) return present
  const fresh = act.act === 'remove' ? { ...thing, removed: true } : changed(thing, act, present)
  return { ...present, things: present.things.map((each) => (each === thing ? fresh : each)) }
}

const editable: Readonly<Record<ThingKind, readonly string[]>> = {
  provider: ['dialect', 'base_url', 'bills_errors', 'name', 'disabled'],
  connection: ['auth', 'billing', 'disabled', 'name', 'provider_id', 'canonical_equivalent_id'],
  profile: ['params', 'model', 'max_tokens', 'disabled', 'name'],
  route: ['members', 'allow_cross', 'disabled', 'name'],
}

function changed(thing: Thing, act: Act & { readonly field: number }, present: Present): Thing {
  const names = editable[thing.kind]
  const name = names[act.field % names.length]!
  const base = present.bases.find((each) => keyOf(each) === keyOf(thing))
  const value = act.act === 'edit' ? fitting(name, act.value, act.at, present) : base?.fields[name]
  if (value === undefined) return thing
  if (name === 'name' && present.things.some((other) => !other.removed && other !== thing && other.fields.name === value)) return thing
  return { ...thing, fields: { ...thing.fields, [name]: value } }
}

function fitting(name: string, value: Json, n: number, present: Present): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (name === 'dialect' || name === 'params') return isObject ? value : { k: value }
  if (name === 'auth') return auths[n % auths.length] as unknown as Json
  if (name === 'base_url') return urls[n % urls.length]!
  if (name === 'billing') return ['own', 'platform', 'none'][n % 3]!
  if (name === 'name') return `mine-${n}`
  if (name === 'canonical_equivalent_id') return null
  if (name === 'model') return `model-${n % 2}`
  if (name === 'max_tokens') return n % 2 === 0 ? null : n
  if (name === 'allow_cross') return n % 2 === 0 ? [] : ['locality']
  if (name === 'bills_errors' || name === 'disabled') return n % 2 === 0
  const wanted = name === 'provider_id' ? 'provider' : 'profile'
  const ids = present.things.filter((thing) => thing.kind === wanted && !thing.removed).map(({ id }) => id)
  const id = ids[n % Math.max(ids.length, 1)]
  if (id === undefined) return undefined
  return name === 'provider_id' ? id : [{ profile_id: id, weight: n % 3, conditions: {} }]
}

/** An operator's own row, often of a name that a manifest may want. */
function made({ kind, at: n }: { readonly kind: ThingKind; readonly at: number }, standing: readonly Thing[]): readonly Thing[] {
  const word = { provider: 'provider', connection: 'connection', profile: 'model', route: n % 2 === 0 ? 'route' : 'model' }[kind]
  const name = `${word}-${n % 3}`
  if (standing.some((thing) => thing.fields.name === name)) return []
  const provider = standing.find((thing) => thing.kind === 'provider')?.id ?? null
  if (provider === null && kind !== 'provider') return []
  const fields: Readonly<Record<ThingKind, JsonObject>> = {
    provider: { contract: 'openai-chat', base_url: urls[0]!, dialect: {}, network: 'public' },
    connection: {
      provider_id: provider,
      auth: auths[1] as unknown as Json,
      billing: 'own',
      canonical_equivalent_id: null,
      disabled: false,
    },
    profile: { provider_id: provider, connection_id: null, model: 'one', params: {} },
    route: { members: [], allow_cross: [] },
  }
  return [{ kind, id: `own-${kind}-${n}-${standing.length}`, fields: { name, ...fields[kind] }, removed: false }]
}

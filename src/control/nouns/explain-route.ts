/** The operation that explains a name: where a call of it goes, in which order, and why not elsewhere. It asks what dispatch asks, and so answers the same. */

import { z } from 'zod'
import { readCallScope } from '../../core/call-scope.ts'
import { asPurserError } from '../../core/errors.ts'
import { json } from '../../core/nouns.ts'
import { cardInForce } from '../../pricing/cards.ts'
import { printPrice } from '../../pricing/money.ts'
import type { Directory } from '../../routing/directory.ts'
import { resolve } from '../../routing/resolve.ts'
import { nameFor, visibleTo } from '../../routing/scope.ts'
import type { Target } from '../../routing/target.ts'
import type { OperationContext } from '../context.ts'
import { pickKey } from '../keys/keys.ts'
import { operation } from '../operation.ts'
import { presenceFor } from './profile-warnings.ts'

const shownPrice = z.object({
  meter: z.string(),
  price: z.string().nullable().describe('Decimal text in `currency`; null where it is not sold.'),
  per_units: z.int(),
  conditions: json,
})

const shownTarget = z.object({
  name: z.string().describe('The profile, or the model where the name was provider/model.'),
  profile: z.string().nullable(),
  provider: z.string(),
  connection: z.string(),
  billing: z.string(),
  platform: z.string().nullable(),
  locality: z.string().describe('local or cloud.'),
  model: z.string().describe("The provider's id of the model."),
  base_url: z.string(),
  contract: z.string().describe('What the provider speaks. A caller of the same contract is relayed, another is translated.'),
  dialect: json.describe('How the provider deviates from its contract.'),
  sets: json.describe('What is set where the caller is silent.'),
  timeouts: json,
  strict: z.boolean(),
  idempotent: z.boolean(),
  credential: z.string().nullable(),
  secret: z.string().describe('present, absent, unknown or not_needed.'),
  card: z
    .object({
      id: z.string(),
      matched: z.string(),
      source: z.string(),
      currency: z.string(),
      effective_from: z.int(),
      prices: z.array(shownPrice),
    })
    .nullable()
    .describe('The rate card in force now. Null: calls are unpriced.'),
})

const explainedName = z.object({
  name: z.string(),
  decision: json.nullable().describe("As the call's row would have it. Null where the name leads nowhere."),
  targets: z.array(shownTarget).describe('In the order in which they are tried.'),
  refusal: z
    .object({ code: z.string(), message: z.string(), hint: z.string().nullable() })
    .nullable()
    .describe('What a caller is told, where the name leads nowhere.'),
})

export const explainRoute = operation({
  name: 'explain.route',
  summary:
    'Explain where a name leads: the targets in their order with contract, settings, secret and price, and what was passed over and why.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['name'],
  input: z.strictObject({
    name: z.string().min(1).max(1_000).optional().describe('What a caller sends as model. Every name in use, if not given.'),
    key: z.string().min(1).max(200).optional().describe('As a caller with this key sees it: its name or id.'),
    call: z.string().min(1).max(200).optional().describe('As the call of this id drew its order, where a route has weights.'),
  }),
  output: z.object({ config_revision: z.int(), items: z.array(explainedName), next: z.null() }),
  columns: [
    { field: 'name', title: 'NAME' },
    { field: 'decision.via', title: 'VIA' },
    { field: 'decision.winner', title: 'FIRST' },
    { field: 'decision.connection', title: 'CONNECTION' },
    { field: 'refusal.message', title: 'REFUSED' },
  ],
  example: 'purser explain route simulated',
  async run(context, input) {
    const directory = await context.directory()
    const grant = input.key === undefined ? null : readCallScope(pickKey([...directory.keys.values()], input.key).scopes)
    const names = input.name === undefined ? namesIn(visibleTo(directory, grant)) : [input.name]
    const presence = context.presenceOf ?? presenceFor(context)
    const explain = (sent: string): z.output<typeof explainedName> => {
      try {
        const name = nameFor(directory, grant, sent)
        const { targets, decision } = resolve(visibleTo(directory, grant), name, presence, input.call)
        return {
          name: sent,
          decision: name === sent ? decision : { ...decision, key_default: true },
          targets: targets.map((target) => showTarget(context, directory, target)),
          refusal: null,
        }
      } catch (thrown) {
        const { code, kind, message, hint } = asPurserError(thrown)
        if (kind === 'internal') throw thrown
        return { name: sent, decision: null, targets: [], refusal: { code: code ?? kind, message, hint: hint ?? null } }
      }
    }
    return { config_revision: Number(directory.revision), items: names.map(explain), next: null }
  },
})

function namesIn(directory: Directory): string[] {
  return [...directory.profiles.values(), ...directory.routes.values()].filter((row) => !row.disabled).map((row) => row.name)
}

function showTarget(context: OperationContext, directory: Directory, target: Target): z.output<typeof shownTarget> {
  const { profile, provider, connection, defaults } = target
  return {
    name: profile?.name ?? target.model,
    profile: profile?.name ?? null,
    provider: provider.name,
    connection: connection.name,
    billing: target.billing,
    platform: connection.platform,
    locality: target.locality,
    model: target.model,
    base_url: target.destination.baseUrl,
    contract: target.contract,
    dialect: provider.dialect,
    sets: {
      ...(defaults.systemPrompt === undefined ? {} : { system_prompt: defaults.systemPrompt }),
      ...(defaults.temperature === undefined ? {} : { temperature: defaults.temperature }),
      ...(defaults.maxTokens === undefined ? {} : { max_tokens: defaults.maxTokens }),
      ...defaults.params,
    },
    timeouts: { ...target.timeouts },
    strict: profile?.strict ?? false,
    idempotent: profile?.idempotent ?? false,
    credential: target.credential,
    secret: context.presence(connection.auth, target.destination.baseUrl),
    card: cardOf(context, directory, target),
  }
}

/** As a call that begins now would be priced, if the provider answers with the model that it was asked for. */
function cardOf(context: OperationContext, directory: Directory, target: Target): z.output<typeof shownTarget>['card'] {
  const found = cardInForce(directory.book, {
    providerId: target.provider.id,
    connectionId: target.connection.id,
    requestedModel: target.model,
    reportedModel: null,
    at: context.clock.now(),
    knownAt: directory.knownAt,
    prefixes: target.codec.modelPrefixes,
  })
  if (found === undefined) return null
  const { row, components } = found.card
  const columns = {
    input_tokens: row.input_token_nanos_per_1m,
    output_tokens: row.output_token_nanos_per_1m,
    cache_write_tokens: row.cache_write_token_nanos_per_1m,
    cache_read_tokens: row.cache_read_token_nanos_per_1m,
  }
  return {
    id: row.id,
    matched: found.matched,
    source: row.source,
    currency: row.currency,
    effective_from: row.effective_from,
    prices: [
      ...Object.entries(columns).flatMap(([meter, nanos]) =>
        nanos === null ? [] : [{ meter, price: printPrice(nanos), per_units: 1_000_000, conditions: {} }],
      ),
      ...components.map(({ meter, price_nanos, per_units, conditions }) => ({
        meter,
        price: price_nanos === null ? null : printPrice(price_nanos),
        per_units: Number(per_units),
        conditions,
      })),
    ],
  }
}

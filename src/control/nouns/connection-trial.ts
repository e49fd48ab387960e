/** The operation that tries a connection: one tiny call through it, made and booked as any other, and what came of it. */

import { z } from 'zod'
import type { Codec, ContractId } from '../../contracts/contract.ts'
import type { Call } from '../../core/call.ts'
import { asPurserError, type ErrorKind, PurserError } from '../../core/errors.ts'
import { at, type Json, parseJson } from '../../core/json.ts'
import type { Connection, Provider } from '../../core/nouns.ts'
import { callerCodec, codecOf } from '../../routing/codecs.ts'
import type { Directory } from '../../routing/directory.ts'
import { resolve } from '../../routing/resolve.ts'
import { findCall } from '../books/calls.ts'
import { amountOrNull } from '../books/ledger-rows.ts'
import type { OperationContext } from '../context.ts'
import { operation } from '../operation.ts'
import { findConnection } from './connections.ts'
import { presenceFor } from './profile-warnings.ts'

const failure = z.object({
  what: z.string().describe('What happened.'),
  why: z.string().describe('What the caller was told.'),
  next: z.string().describe('What to do.'),
})

const outcome = z.object({
  connection: z.string(),
  provider: z.string(),
  asked_for: z.string().describe('The name that the call was made with.'),
  ok: z.boolean(),
  status: z.int().describe('As a caller would have got it.'),
  latency_ms: z.int(),
  call: z.string().nullable().describe('The id of the call. Null where none was made.'),
  pricing_status: z.string().nullable(),
  charged: z.string().nullable(),
  currency: z.string().nullable(),
  failure: failure.nullable(),
})

/** It makes a call, so it spends money and writes to the ledger. It changes no configuration, so there is nothing to plan and nothing to undo. */
export const connectionsTest = operation({
  name: 'connections.test',
  summary:
    'Try a connection with one tiny call, which costs what such a call costs: does it answer, how fast, at what price, and if not, why.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['connection'],
  input: z.strictObject({
    connection: z.string().min(1).max(200).describe('Its name or id.'),
    model: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe("The provider's id of a model. That of a profile which uses the connection, if not given."),
  }),
  output: outcome,
  columns: [],
  example: 'purser connections test simulated-openai',
  async run(context, input) {
    if (context.fetch === null) throw noServer()
    const { id } = await findConnection(context, input.connection)
    const directory = await context.directory()
    const connection = directory.connections.get(id)
    if (connection === undefined) throw unreadable(input.connection)
    const provider = directory.providers.get(connection.provider_id)
    if (provider === undefined) throw unreadable(input.connection)
    const name = nameThrough(context, directory, connection, input.model)
    const began = context.clock.monotonic()
    const answer = await context.fetch(tinyRequest(name, callerCodec(contractOf(provider, name))))
    const told = parseJson(await answer.text())
    const latency = Math.round(context.clock.monotonic() - began)
    const { kind, ...booked } = await bookedAs(context, answer.headers.get('x-request-id') ?? '')
    return {
      connection: connection.name,
      provider: provider.name,
      asked_for: name,
      ok: answer.ok,
      status: answer.status,
      latency_ms: latency,
      ...booked,
      failure: answer.ok ? null : failureOf(told, kind, connection, provider),
    }
  },
})

const tiny: Call = {
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Say ok.' }] }],
  maxTokens: 16,
  stream: false,
  streamUsage: false,
}

/** What stands in the way of any call through it is said of the connection: nothing of Purser has failed. */
function contractOf(provider: Provider, name: string): ContractId {
  try {
    return codecOf(provider, name, name).contract
  } catch (thrown) {
    throw new PurserError('conflict', asPurserError(thrown).message, { field: 'connection', hint: `purser providers get ${provider.name}` })
  }
}

/** In the provider's own contract, so that nothing is translated on the way. */
function tinyRequest(name: string, codec: Codec): Request {
  const { method, path, headers, body } = codec.encodeRequest(tiny, name, () => undefined)
  return new Request(`http://purser${path}`, { method, headers, body: Buffer.from(body) })
}

/** A name that leads through this connection: that of a profile, or the provider's with the model behind it. */
function nameThrough(context: OperationContext, directory: Directory, connection: Connection, model: string | undefined): string {
  const provider = directory.providers.get(connection.provider_id)!
  const presence = context.presenceOf ?? presenceFor(context)
  const siblings = [...directory.connections.values()].filter(
    (row) => row.provider_id === provider.id && (row.billing === 'own' || row.billing === 'none'),
  )
  /** Where a name cannot be used, it is still known whose connection it would have taken, if there was no choice. */
  const leadsHere = (name: string, named: string | null): boolean => {
    try {
      return resolve(directory, name, presence).targets[0].connection.id === connection.id
    } catch {
      return named === connection.id || (named === null && siblings.length === 1 && siblings[0] === connection)
    }
  }
  const profiles = [...directory.profiles.values()].filter((row) => row.provider_id === provider.id && !row.disabled)
  const asked = profiles.filter((row) => model === undefined || row.model === model)
  const found = asked.find((row) => leadsHere(row.name, row.connection_id))
  if (found) return found.name
  if (model === undefined) throw noModel(connection.name)
  const plain = `${provider.name}/${model}`
  if (leadsHere(plain, null)) return plain
  throw new PurserError('conflict', `"${plain}" does not lead through "${connection.name}": ${provider.name} has several connections.`, {
    field: 'model',
    hint: `Name this one in a profile:  purser profiles create NAME --provider ${provider.name} --connection ${connection.name} --model ${model}`,
  })
}

/** What the ledger has on the call: nothing, where it was refused before its first attempt. */
async function bookedAs(context: OperationContext, id: string) {
  const found = await findCall(context, id).catch((error: PurserError) => {
    if (error.kind !== 'not_found') throw error
  })
  const settlement = found?.attempts.at(-1)?.settlement
  return {
    call: found?.call.id ?? null,
    kind: settlement?.error_kind ?? null,
    pricing_status: settlement?.pricing_status ?? null,
    charged: amountOrNull(settlement?.charged_pico ?? null),
    currency: settlement?.currency ?? null,
  }
}

function failureOf(told: Json | undefined, kind: string | null, connection: Connection, provider: Provider): z.output<typeof failure> {
  const message = at(told, 'error.message')
  const look = nextSteps[kind as ErrorKind] ?? 'See the connection:  purser connections get NAME'
  return {
    what: kind === null ? 'No call was made.' : `The call failed: ${kind.replaceAll('_', ' ')}.`,
    why: typeof message === 'string' ? message : 'The answer says nothing that can be read.',
    next: look.replace('NAME', connection.name).replace('PROVIDER', provider.name),
  }
}

const nextSteps: Partial<Record<ErrorKind, string>> = {
  provider_auth: 'Correct the secret behind the credential:  purser connections get NAME',
  provider_overloaded: 'Look at base_url and network:  purser providers get PROVIDER',
  provider_timeout: 'Look at base_url and network:  purser providers get PROVIDER',
  provider_malformed: 'Look at contract and base_url:  purser providers get PROVIDER',
  provider_rate_limited: 'Wait, or raise the limit at the provider.',
  not_found: 'Name a model that the provider has:  purser connections test NAME --model MODEL',
  invalid_request: 'Look at the dialect:  purser providers get PROVIDER',
  unsupported: 'Look at the dialect:  purser providers get PROVIDER',
}

function noServer(): PurserError {
  return new PurserError('unavailable', 'A test is a call, and only a Purser that serves makes calls. None runs on this home.', {
    code: 'no_server',
    hint: 'Start one:  purser serve',
  })
}

function unreadable(name: string): PurserError {
  return new PurserError('unavailable', `The row of "${name}", or that of its provider, could not be read.`, { hint: 'purser doctor' })
}

function noModel(name: string): PurserError {
  return new PurserError('invalid_request', `No profile uses "${name}", so nothing says which model to ask.`, {
    field: 'model',
    hint: `Name one:  purser connections test ${name} --model MODEL`,
  })
}

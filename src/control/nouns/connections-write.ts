/** Operations that change connections. Each checks the connection, its pair, and the profiles that it pays. */

import { z } from 'zod'
import { providerAuth } from '../../core/auth.ts'
import { PurserError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { billings, json, name } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import { change, type Planned } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { refuseTaken } from '../find.ts'
import { patched } from '../patch.ts'
import { newRow, type RowChange, rowAdded, rowMoved } from '../row-change.ts'
import { bindingProof, secretValue } from '../secrets/plan.ts'
import { type Pairing, planPair, unpaired } from './connection-pairs.ts'
import { type Paying, refuseUnsoundConnection, usualBilling } from './connection-rules.ts'
import { authWith, placeOf, planKey, planReference, together } from './connection-secret.ts'
import { connectionWarnings, refuseLeavingProfiles } from './connection-users.ts'
import { connectionColumns, findConnection, type NamedConnection, showConnection, shownConnection } from './connections.ts'
import { findProvider } from './providers.ts'
import { referrersOfConnection, refuseReferred } from './referrers.ts'

/** What an operator says of a connection, but for how it proves who pays. */
const fields = {
  provider: z.string().min(1).max(200).describe("The provider's name or id."),
  billing: z.enum(billings).describe('Who pays. Without it: own for an API key, platform for a platform, none for no auth.'),
  platform: z.string().min(1).max(64).nullable().describe('The name of the platform, where the billing is platform.'),
  on_abandon: z.enum(['abort', 'drain']).nullable().describe('Whether a call whose caller left is cut or read to its end.'),
  twin: z
    .string()
    .min(1)
    .max(200)
    .nullable()
    .describe('The connection to pair with, by name or id: one paid by its operator, one by a platform.'),
}
const credential = z.string().optional().describe('The reference to the secret, such as env:OPENAI_API_KEY: auth api_key in short.')

const secret = {
  key: secretValue.optional().describe('The key itself, to be sealed in the database. Instead of a credential.'),
  binding_proof: bindingProof,
}

const named = { connection: z.string().min(1).max(200).describe('Its name or id.') }

export const connectionsCreate = change({
  name: 'connections.create',
  summary: 'Add a connection: whose account pays a provider, by a reference to the secret.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['name'],
  input: z.strictObject({
    name,
    provider: fields.provider,
    auth: providerAuth.optional().describe('How it proves who pays. References alone: a secret never stands here.'),
    credential,
    ...secret,
    billing: fields.billing.optional(),
    platform: fields.platform.default(null),
    on_abandon: fields.on_abandon.default(null),
    twin: fields.twin.default(null),
    disabled: z.boolean().default(false).describe('Add it out of use.'),
  }),
  output: shownConnection,
  columns: connectionColumns,
  example: 'purser connections create openai-work --provider openai --credential env:OPENAI_WORK_KEY',
  async plan(context, { provider: asked, auth: given, credential, key, binding_proof, twin, billing, ...rest }) {
    await refuseTaken(context, 'connections', rest.name)
    const provider = await findProvider(context, asked)
    refuseBoth(key, credential)
    const sealed = key === undefined ? null : await planKey(context, undefined, placeOf(given, provider), key)
    const auth = providerAuthOf(
      authPatch({ auth: authWith(given, sealed), credential: given ? credential : (sealed?.reference ?? credential) }, undefined),
    )
    const proven = sealed ?? (await planReference(context, auth, placeOf(auth, provider), binding_proof))
    const row: Row<'connections'> = {
      ...newRow(context),
      ...rest,
      provider_id: provider.id,
      auth,
      billing: billing ?? usualBilling[auth.type],
      canonical_equivalent_id: null,
    }
    const pair = await planPair(context, { connection: row, provider }, twin, null)
    const added = rowAdded(context, 'connections', { ...row, canonical_equivalent_id: pair.twin?.id ?? null })
    return together(await answered(context, added, provider, pair), proven)
  },
})

export const connectionsUpdate = change({
  name: 'connections.update',
  summary: 'Change a connection. What is not given stays.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['connection'],
  input: z.strictObject({
    ...named,
    name: name.optional().describe('A new name.'),
    auth: z.record(z.string(), json).optional().describe('How it proves who pays. Merges into what is there, unless the type is another.'),
    credential,
    ...secret,
    ...z.object(fields).partial().shape,
    unset: z.array(z.string()).default([]).describe('Dotted paths to take out: platform, on_abandon or twin.'),
  }),
  output: shownConnection,
  columns: connectionColumns,
  example: 'purser connections update openai --credential env:OPENAI_WORK_KEY',
  async plan(context, { connection: asked, unset, auth, credential, key, binding_proof, ...patch }) {
    const row = await findConnection(context, asked)
    if (patch.name !== undefined && patch.name !== row.name) await refuseTaken(context, 'connections', patch.name)
    refuseBoth(key, credential)
    const sealed = key === undefined ? null : await planKey(context, row.auth, await placeAfter(context, row, auth, patch.provider), key)
    const said = { auth: authWith(auth, sealed), credential: auth ? credential : (sealed?.reference ?? credential) }
    const proof = said.auth === undefined && said.credential === undefined ? {} : { auth: authPatch(said, row.auth) }
    const before = { ...settable(row), ...(replaces(proof.auth, row.auth) ? { auth: {} } : {}) }
    const { provider: serves, twin, ...columns } = patched(before, { ...patch, ...proof } as JsonObject, unset, empty)
    const provider = serves === row.provider ? await providerOf(context, row) : await findProvider(context, String(serves))
    if (provider.id !== row.provider_id) await refuseLeavingProfiles(context, row, provider)
    const fresh = rowMoved(context, 'connections', plain(row), { ...columns, provider_id: provider.id }).row
    const pair = await planPair(context, { connection: fresh, provider }, twin as string | null, row.canonical_equivalent_id)
    const paired = { ...columns, provider_id: provider.id, canonical_equivalent_id: pair.twin?.id ?? null }
    const moved = rowMoved(context, 'connections', plain(row), paired)
    const leads = placeOf(moved.row.auth as Json, provider)
    const anew = proof.auth !== undefined || leads !== placeOf(row.auth as Json, row)
    const proven = sealed ?? (anew ? await planReference(context, moved.row.auth as Json, leads, binding_proof) : null)
    return together(await answered(context, moved, provider, pair), proven)
  },
})

export const connectionsRemove = change({
  name: 'connections.remove',
  summary: 'Remove a connection that no profile uses any more. What it paid stays in the books.',
  scope: 'providers:write',
  effect: 'destroy',
  positional: ['connection'],
  input: z.strictObject(named),
  output: shownConnection,
  columns: connectionColumns,
  example: 'purser connections remove openai-work --yes',
  async plan(context, input) {
    const row = await findConnection(context, input.connection)
    refuseReferred('connection', row.name, await referrersOfConnection(context, row.id))
    const provider = await providerOf(context, row)
    const pair = await planPair(context, { connection: plain(row), provider }, null, row.canonical_equivalent_id)
    const gone = rowMoved(context, 'connections', plain(row), { removed_at: context.clock.now(), canonical_equivalent_id: null })
    return shownAs(context, gone, provider, pair, pair.released === null ? [] : [`"${pair.released}" has no pair any more.`])
  },
})

export const connectionsEnable = switched('enable', false)
export const connectionsDisable = switched('disable', true)

function switched<const Verb extends 'enable' | 'disable'>(verb: Verb, disabled: boolean) {
  return change({
    name: `connections.${verb}`,
    summary: disabled ? 'Take a connection out of use: nothing is paid by it.' : 'Put a connection back into use.',
    scope: 'providers:write',
    effect: 'write',
    positional: ['connection'],
    input: z.strictObject(named),
    output: shownConnection,
    columns: connectionColumns,
    example: `purser connections ${verb} openai`,
    async plan(context, input) {
      const row = await findConnection(context, input.connection)
      const provider = await providerOf(context, row)
      const switchedRow = rowMoved(context, 'connections', plain(row), { disabled })
      const pair = { ...unpaired, twin: twinOf(row) }
      return disabled ? shownAs(context, switchedRow, provider, pair, []) : answered(context, switchedRow, provider, pair)
    },
  })
}

type Proof = { readonly auth: JsonObject | undefined; readonly credential: string | undefined }

/** What is said of how a connection proves who pays, in the one shape that it is kept in. `now` is what stands there. */
function authPatch({ auth, credential }: Proof, now: Json | undefined): JsonObject | undefined {
  if (credential === undefined) return auth
  if (auth !== undefined)
    throw new PurserError('invalid_request', 'Give "auth" or "credential", and not both: the second is the first in short.', {
      field: 'credential',
    })
  const keeps = isObject(now) && (now.type === 'api_key' || now.type === 'platform')
  return keeps ? { credential } : { type: 'api_key', credential }
}

function refuseBoth(key: string | undefined, credential: string | undefined): void {
  if (key === undefined || credential === undefined) return
  throw new PurserError('invalid_request', 'Give "key" or "credential", and not both: a key is sealed, and its credential is made here.', {
    field: 'key',
  })
}

/** Where the connection will lead once it is changed. */
async function placeAfter(context: OperationContext, row: NamedConnection, auth: JsonObject | undefined, provider: string | undefined) {
  const now = isObject(row.auth) && !replaces(auth, row.auth) ? row.auth : {}
  return placeOf({ ...now, ...auth }, provider === undefined ? row : await findProvider(context, provider))
}

function providerAuthOf(auth: JsonObject | undefined): z.output<typeof providerAuth> {
  if (auth !== undefined) return auth as z.output<typeof providerAuth>
  throw new PurserError('invalid_request', 'How does it prove who pays? Give "credential", or "auth" in full.', {
    field: 'auth',
    hint: 'For an API key in the environment:  --credential env:NAME.  Where none is needed:  --auth \'{"type":"none"}\'',
  })
}

/** Auths of two types have nothing in common to merge. */
function replaces(patch: JsonObject | undefined, now: Json): boolean {
  return patch?.type !== undefined && isObject(now) && patch.type !== now.type
}

/** The connection in an operator's words. */
function settable(row: NamedConnection): JsonObject {
  const { name, provider, auth, billing, platform, on_abandon, twin } = row
  return { name, provider, auth, billing, platform, on_abandon, twin }
}

/** What stands in a column that is taken out whole. */
const empty = { platform: null, on_abandon: null, twin: null }

function plain({ provider: _provider, base_url: _base, twin: _twin, ...row }: NamedConnection): Row<'connections'> {
  return row
}

function twinOf(row: NamedConnection): Pairing['twin'] {
  return row.canonical_equivalent_id === null ? null : { id: row.canonical_equivalent_id, name: row.twin ?? '' }
}

/** By its id: the provider may be one that was removed. */
async function providerOf({ store }: OperationContext, row: Row<'connections'>): Promise<Row<'providers'>> {
  return store.read.selectFrom('providers').selectAll().where('id', '=', row.provider_id).executeTakeFirstOrThrow()
}

type Answer = Planned<z.output<typeof shownConnection>>

/** The plan of a connection that a call is to use: checked, and with what is most likely not meant. */
async function answered(
  context: OperationContext,
  change: RowChange<'connections'>,
  provider: Row<'providers'>,
  pair: Pairing,
): Promise<Answer> {
  const paying: Paying = { connection: change.row, provider }
  if (change.touched.length > 0) refuseUnsoundConnection(paying)
  return shownAs(context, change, provider, pair, [...pair.warnings, ...(await connectionWarnings(context, paying))])
}

function shownAs(
  context: OperationContext,
  change: RowChange<'connections'>,
  provider: Row<'providers'>,
  pair: Pairing,
  warnings: readonly string[],
): Answer {
  const row = { ...change.row, provider: provider.name, base_url: provider.base_url, twin: pair.twin?.name ?? null }
  return {
    statements: [...change.statements, ...pair.statements],
    touched: [...change.touched, ...pair.touched],
    warnings,
    answer: () => showConnection(context, row),
  }
}

/** Operations that change model profiles. */

import { z } from 'zod'
import type { JsonObject } from '../../core/json.ts'
import { json, name, profile, timeouts } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import { change, type Planned } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { refuseTaken } from '../find.ts'
import { patched } from '../patch.ts'
import { plainNumbers } from '../plain.ts'
import { newRow, type RowChange, rowAdded, rowMoved } from '../row-change.ts'
import { findConnection } from './connections.ts'
import { refuseUnsoundProfile } from './profile-rules.ts'
import { profileWarnings } from './profile-warnings.ts'
import { findProfile, type NamedProfile, profileColumns, shownProfile, showProfile } from './profiles.ts'
import { findProvider } from './providers.ts'
import { referrersOfProfile, refuseReferred, refuseRenamed } from './referrers.ts'

/** What an operator says of a profile. */
const fields = {
  provider: z.string().min(1).max(200).describe("The provider's name or id."),
  connection: z
    .string()
    .min(1)
    .max(200)
    .nullable()
    .describe("A connection of that provider, by name or id. Without one: the provider's only one in use that its operator pays."),
  model: z.string().min(1).max(512).describe("The provider's id of the model."),
  system_prompt: z.string().max(1_000_000).nullable().describe('Where the caller has none.'),
  temperature: z.number().min(0).max(2).nullable().describe('Where the caller says none.'),
  max_tokens: z.int().min(1).nullable().describe('The cap of the output, where the caller sets none.'),
  params: z.record(z.string(), json).describe("Further parameters of the provider's contract, where the caller is silent."),
  timeouts: timeouts.describe('In milliseconds: connect, first_byte, idle, total.'),
  strict: z.boolean().describe('Refuse a request that the provider can not be told in full, instead of warning.'),
  idempotent: z.boolean().describe('A request may be sent again although the one before may have been carried out.'),
}

const named = { profile: z.string().min(1).max(200).describe('Its name or id.') }

export const profilesCreate = change({
  name: 'profiles.create',
  summary: 'Add a profile: a name that callers send as model, and what it stands for.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['name'],
  input: z.strictObject({
    name,
    provider: fields.provider,
    connection: fields.connection.default(null),
    model: fields.model,
    system_prompt: fields.system_prompt.default(null),
    temperature: fields.temperature.default(null),
    max_tokens: fields.max_tokens.default(null),
    params: fields.params.default({}),
    timeouts: fields.timeouts.default({}),
    strict: fields.strict.default(false),
    idempotent: fields.idempotent.default(false),
    disabled: z.boolean().default(false).describe('Add it out of use.'),
  }),
  output: shownProfile,
  columns: profileColumns,
  example: 'purser profiles create fast --provider simulated --model simulated-1',
  async plan(context, { provider: serves, connection: pays, max_tokens, timeouts: limits, ...rest }) {
    await refuseTaken(context, 'profiles', rest.name)
    const provider = await findProvider(context, serves)
    const connection = pays === null ? null : await findConnection(context, pays)
    const row = {
      ...newRow(context),
      ...rest,
      timeouts: limits as JsonObject,
      max_tokens: max_tokens === null ? null : BigInt(max_tokens),
      provider_id: provider.id,
      connection_id: connection?.id ?? null,
    }
    return answered(context, rowAdded(context, 'model_profiles', row), provider, connection)
  },
})

export const profilesUpdate = change({
  name: 'profiles.update',
  summary: 'Change a profile. What is not given stays; params and timeouts merge key by key.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['profile'],
  input: z.strictObject({
    ...named,
    name: name.optional().describe('A new name.'),
    ...z.object(fields).partial().shape,
    unset: z.array(z.string()).default([]).describe('Dotted paths to take out, such as temperature or params.top_p.'),
  }),
  output: shownProfile,
  columns: profileColumns,
  example: 'purser profiles update fast --temperature 0.2',
  async plan(context, { profile: asked, unset, ...patch }) {
    const row = await findProfile(context, asked)
    if (patch.name !== undefined && patch.name !== row.name) {
      await refuseTaken(context, 'profiles', patch.name)
      await refuseRenamed(context, 'profile', row.name)
    }
    const { provider: serves, connection: pays, ...columns } = patched(settable(row), patch as JsonObject, unset, empty)
    const provider = serves === row.provider ? { id: row.provider_id, name: row.provider } : await findProvider(context, String(serves))
    const connection =
      pays === row.connection ? await connectionOf(context, row) : pays === null ? null : await findConnection(context, String(pays))
    const moved = rowMoved(context, 'model_profiles', plain(row), {
      ...columns,
      provider_id: provider.id,
      connection_id: connection?.id ?? null,
    })
    return answered(context, moved, provider, connection)
  },
})

export const profilesRemove = change({
  name: 'profiles.remove',
  summary: 'Remove a profile that nothing names any more. What it cost stays in the books.',
  scope: 'providers:write',
  effect: 'destroy',
  positional: ['profile'],
  input: z.strictObject(named),
  output: shownProfile,
  columns: profileColumns,
  example: 'purser profiles remove fast --yes',
  async plan(context, input) {
    const row = await findProfile(context, input.profile)
    refuseReferred('profile', row.name, await referrersOfProfile(context, row))
    return shownAs(rowMoved(context, 'model_profiles', plain(row), { removed_at: context.clock.now() }), row)
  },
})

export const profilesEnable = switched('enable', false)
export const profilesDisable = switched('disable', true)

function switched<const Verb extends 'enable' | 'disable'>(verb: Verb, disabled: boolean) {
  return change({
    name: `profiles.${verb}`,
    summary: disabled ? 'Take a profile out of use: calls that ask for it are refused by name.' : 'Put a profile back into use.',
    scope: 'providers:write',
    effect: 'write',
    positional: ['profile'],
    input: z.strictObject(named),
    output: shownProfile,
    columns: profileColumns,
    example: `purser profiles ${verb} simulated`,
    async plan(context, input) {
      const row = await findProfile(context, input.profile)
      const moved = rowMoved(context, 'model_profiles', plain(row), { disabled })
      return disabled ? shownAs(moved, row) : answered(context, moved, { name: row.provider }, await connectionOf(context, row))
    },
  })
}

/** The profile in an operator's words. */
function settable(row: NamedProfile): JsonObject {
  const { name, provider, connection, model, system_prompt, temperature, max_tokens, params, timeouts, strict, idempotent } =
    plainNumbers(row)
  return { name, provider, connection, model, system_prompt, temperature, max_tokens, params, timeouts, strict, idempotent }
}

/** What stands in a column that is taken out whole. */
const empty = { connection: null, system_prompt: null, temperature: null, max_tokens: null, params: {}, timeouts: {} }

function plain({ provider: _provider, connection: _connection, ...row }: NamedProfile): Row<'model_profiles'> {
  return row
}

/** By its id, removed or not: a name may be another's by now. */
async function connectionOf({ store }: OperationContext, row: Row<'model_profiles'>): Promise<Row<'connections'> | null> {
  if (row.connection_id === null) return null
  return store.read.selectFrom('connections').selectAll().where('id', '=', row.connection_id).executeTakeFirstOrThrow()
}

type Pays = Pick<Row<'connections'>, 'name' | 'provider_id'> | null
type Answer = Planned<z.output<typeof shownProfile>>

/** The plan of a profile that callers may name: checked, and with what is most likely not meant. */
async function answered(
  context: OperationContext,
  change: RowChange<'model_profiles'>,
  provider: { readonly name: string },
  pays: Pays,
): Promise<Answer> {
  if (change.touched.length > 0) refuseUnsoundProfile(change.row, pays)
  const warnings = await profileWarnings(context, profile.parse(plainNumbers(change.row)))
  return { ...shownAs(change, { provider: provider.name, connection: pays?.name ?? null }), warnings }
}

function shownAs(change: RowChange<'model_profiles'>, names: Pick<NamedProfile, 'provider' | 'connection'>): Answer {
  const row = { ...change.row, provider: names.provider, connection: names.connection }
  return { statements: change.statements, touched: change.touched, answer: () => showProfile(row) }
}

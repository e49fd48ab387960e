/** Operations that change providers. */

import { z } from 'zod'
import { contractIds } from '../../contracts/contract.ts'
import type { JsonObject } from '../../core/json.ts'
import { json, name, networks } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import { change, type Planned } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { refuseTaken } from '../find.ts'
import { patched } from '../patch.ts'
import { newRow, rowAdded, rowMoved } from '../row-change.ts'
import { strandedSecrets } from '../secrets/stranded.ts'
import { refuseBrokenPairs } from './connection-pairs.ts'
import { refuseUnsoundProvider, unreachable } from './provider-rules.ts'
import { findProvider, providerColumns, shownProvider, showProvider } from './providers.ts'
import { referrersOfProvider, refuseReferred } from './referrers.ts'

type ProviderRow = Row<'providers'>

/** What an operator says of a provider. */
const fields = {
  contract: z.enum(contractIds).describe('The wire format it speaks.'),
  base_url: z.url({ protocol: /^https?$/ }).describe('Where it stands: https, or http on a loopback or private network.'),
  dialect: z.record(z.string(), json).describe('How it deviates from its contract. {} is the contract as published.'),
  network: z.enum(networks).describe('Which addresses it may resolve to.'),
  network_cidrs: z.array(z.string()).nullable().describe('The only ranges it may resolve to, where the network is private.'),
  stops_on_disconnect: z.boolean().nullable().describe('Whether it stops, and stops billing, when a caller leaves. Null: not known.'),
  bills_errors: z.boolean().describe('Whether a failed call costs.'),
}

const named = { provider: z.string().min(1).max(200).describe('Its name or id.') }

export const providersCreate = change({
  name: 'providers.create',
  summary: 'Add a provider: a contract, an address, and how it deviates.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['name'],
  input: z.strictObject({
    name,
    contract: fields.contract,
    base_url: fields.base_url,
    dialect: fields.dialect.default({}),
    network: fields.network.default('public'),
    network_cidrs: fields.network_cidrs.default(null),
    stops_on_disconnect: fields.stops_on_disconnect.default(null),
    bills_errors: fields.bills_errors.default(false),
    disabled: z.boolean().default(false).describe('Add it out of use.'),
  }),
  output: shownProvider,
  columns: providerColumns,
  example: 'purser providers create workshop --contract openai-chat --base-url http://127.0.0.1:8000/v1 --network loopback',
  async plan(context, input) {
    await refuseTaken(context, 'providers', input.name)
    const row: ProviderRow = { ...newRow(context), ...input, modality: 'chat' }
    refuseUnsoundProvider(row)
    return { ...rowAdded(context, 'providers', row), warnings: unreachable(row), answer: () => showProvider(row) }
  },
})

export const providersUpdate = change({
  name: 'providers.update',
  summary: 'Change a provider. What is not given stays; dialects merge key by key.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['provider'],
  input: z.strictObject({
    ...named,
    name: name.optional().describe('A new name.'),
    ...z.object(fields).partial().shape,
    unset: z.array(z.string()).default([]).describe('Dotted paths to take out, such as dialect.headers.x-team.'),
  }),
  output: shownProvider,
  columns: providerColumns,
  example: 'purser providers update workshop --base-url http://127.0.0.1:8001/v1',
  async plan(context, { provider: asked, unset, ...patch }) {
    const row = await findProvider(context, asked)
    if (patch.name !== undefined && patch.name !== row.name) await refuseTaken(context, 'providers', patch.name)
    const change = await planned(context, row, patched(settable(row), patch as JsonObject, unset, empty), 'sound')
    return { ...change, warnings: [...(change.warnings ?? []), ...(await strandedSecrets(context, row, patch.base_url))] }
  },
})

export const providersRemove = change({
  name: 'providers.remove',
  summary: 'Remove a provider that nothing uses any more. What it cost stays in the books.',
  scope: 'providers:write',
  effect: 'destroy',
  positional: ['provider'],
  input: z.strictObject(named),
  output: shownProvider,
  columns: providerColumns,
  example: 'purser providers remove workshop --yes',
  async plan(context, input) {
    const row = await findProvider(context, input.provider)
    refuseReferred('provider', row.name, await referrersOfProvider(context, row.id))
    return planned(context, row, { removed_at: context.clock.now() }, 'as it is')
  },
})

export const providersEnable = switched('enable', false)
export const providersDisable = switched('disable', true)

function switched<const Verb extends 'enable' | 'disable'>(verb: Verb, disabled: boolean) {
  return change({
    name: `providers.${verb}`,
    summary: disabled ? 'Take a provider out of use: calls that need it are refused by name.' : 'Put a provider back into use.',
    scope: 'providers:write',
    effect: 'write',
    positional: ['provider'],
    input: z.strictObject(named),
    output: shownProvider,
    columns: providerColumns,
    example: `purser providers ${verb} workshop`,
    plan: async (context, input) =>
      planned(context, await findProvider(context, input.provider), { disabled }, disabled ? 'as it is' : 'sound'),
  })
}

/** The columns that an operator sets. */
function settable(row: ProviderRow): JsonObject {
  const { name, contract, base_url, dialect, network, network_cidrs, stops_on_disconnect, bills_errors } = row
  return { name, contract, base_url, dialect, network, network_cidrs, stops_on_disconnect, bills_errors }
}

/** What stands in a column that is taken out whole. */
const empty = { dialect: {}, network_cidrs: null, stops_on_disconnect: null }

/** A row that was damaged by hand can be taken out of use as it is; whoever changes it or puts it back into use leaves it sound. */
async function planned(
  context: OperationContext,
  row: ProviderRow,
  columns: JsonObject,
  leaves: 'sound' | 'as it is',
): Promise<Planned<z.output<typeof shownProvider>>> {
  const change = rowMoved(context, 'providers', row, columns)
  if (leaves === 'sound' && change.touched.length > 0) {
    refuseUnsoundProvider(change.row)
    await refuseBrokenPairs(context, change.row)
  }
  return { ...change, warnings: leaves === 'sound' ? unreachable(change.row) : [], answer: () => showProvider(change.row) }
}

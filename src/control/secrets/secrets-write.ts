/** Operations that change secrets: sealing a value, replacing it, binding a reference to a place, and taking either away. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'
import { originOf } from '../../net/destination.ts'
import { parseReference } from '../../net/references.ts'
import { change, type Planned } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { placeOf, planKey, together } from '../nouns/connection-secret.ts'
import { findConnection } from '../nouns/connections.ts'
import { referrersOfSecret, refuseReferred } from '../nouns/referrers.ts'
import { rowMoved } from '../row-change.ts'
import { bindingProof, compiled, planBinding, planSealed, type SecretPlan, secretValue } from './plan.ts'
import { findSecret, type ShownSecret, secretColumns, shownSecret } from './secrets.ts'

const named = { secret: z.string().min(1).max(300).describe('Its reference, such as sealed:ID or env:NAME.') }
const origin = z.url({ protocol: /^https?$/ }).describe('The place it may go to: scheme, host and port of this address.')
const answered = z.object({ secret: z.string(), origin: z.string(), fingerprint: z.string().nullable(), used_by: z.array(z.string()) })
const columns = [
  { field: 'secret', title: 'SECRET', show: 'whole' },
  { field: 'origin', title: 'BOUND TO' },
  { field: 'fingerprint', title: 'FINGERPRINT' },
] as const

export const secretsCreate = change({
  name: 'secrets.create',
  summary: 'Seal a key in the database, for a connection that then uses it, or for a place.',
  scope: 'secrets:write',
  effect: 'write',
  positional: [],
  input: z.strictObject({
    connection: z.string().min(1).max(200).optional().describe('The connection that is to use it. Its provider says where it may go.'),
    origin: origin.optional(),
    key: secretValue.describe('The key itself.'),
  }),
  output: answered,
  columns,
  example: 'purser secrets create --connection openai --key-stdin',
  async plan(context, { connection: asked, origin: address, key }) {
    if ((asked === undefined) === (address === undefined))
      throw new PurserError('invalid_request', 'Give "connection" or "origin": one of them says where the key may go.', { field: 'origin' })
    if (asked === undefined) return sealedAlone(await planSealed(context, { value: key, origin: originOf(address!) }), originOf(address!))
    const { provider: _provider, twin: _twin, base_url, ...row } = await findConnection(context, asked)
    const place = placeOf(row.auth, { base_url })
    const sealed = await planKey(context, row.auth, place, key)
    const platform = isObject(row.auth) && row.auth.type === 'platform' ? row.auth : { type: 'api_key' }
    const moved = rowMoved(context, 'connections', row, { auth: { ...platform, credential: sealed.reference } })
    return together({ ...moved, answer: () => answerOf(sealed, place!, [row.name]) }, sealed)
  },
})

export const secretsRotate = change({
  name: 'secrets.rotate',
  summary: 'Put another value into a sealed secret. Its id stays, and with it all that uses it.',
  scope: 'secrets:write',
  effect: 'write',
  positional: ['secret'],
  input: z.strictObject({ ...named, key: secretValue.describe('The new key.') }),
  output: answered,
  columns,
  example: 'purser secrets rotate sealed:0198f3c2-6f5e-7d54-9f0a-3c1f5b2a7e10 --key-stdin',
  async plan(context, { secret, key }) {
    const found = await findSecret(context, secret)
    const [place] = found.bindings
    if (found.kind !== 'sealed' || place === undefined)
      throw new PurserError(
        'invalid_request',
        `${found.secret} is kept elsewhere, and is changed there. Only sealed secrets are rotated here.`,
        {
          field: 'secret',
        },
      )
    const plan = await planSealed(context, { value: key, origin: place.origin, replaces: parseReference(found.secret).name })
    return { ...sealedAlone(plan, place.origin), answer: () => answerOf(plan, place.origin, found.used_by) }
  },
})

export const secretsBind = change({
  name: 'secrets.bind',
  summary: "Let a variable, file or command be used at a place. Only someone on Purser's own machine may.",
  scope: 'secrets:write',
  effect: 'write',
  positional: ['secret'],
  input: z.strictObject({
    secret: z
      .string()
      .regex(/^(env|file|command):[A-Za-z0-9_./-]{1,200}$/, 'Give env:NAME, file:NAME or command:NAME.')
      .describe('The reference: env:NAME, file:NAME or command:NAME.'),
    origin,
    binding_proof: bindingProof,
  }),
  output: answered,
  columns,
  example: 'purser secrets bind env:WORKSHOP_KEY --origin https://models.example.com',
  async plan(context, { secret, origin: address, binding_proof }) {
    const plan = await planBinding(context, secret, originOf(address), binding_proof)
    return { ...plan, answer: () => answerOf(plan, originOf(address), []) }
  },
})

export const secretsRemove = change({
  name: 'secrets.remove',
  summary: 'Remove a sealed secret, or the bindings of a reference, that no connection uses any more.',
  scope: 'secrets:write',
  effect: 'destroy',
  positional: ['secret'],
  input: z.strictObject(named),
  output: shownSecret,
  columns: secretColumns,
  example: 'purser secrets remove env:WORKSHOP_KEY --yes',
  async plan(context, { secret }) {
    const found = await findSecret(context, secret)
    refuseReferred('secret', found.secret, await referrersOfSecret(context, found.secret))
    return planRemoval(context, found)
  },
})

function planRemoval({ store: { read } }: OperationContext, found: ShownSecret): Planned<ShownSecret> {
  const { kind, name } = parseReference(found.secret)
  const bound = found.bindings.filter(({ by }) => by === 'operator')
  const statements =
    kind === 'sealed'
      ? [compiled(read.deleteFrom('sealed_secrets').where('id', '=', name))]
      : bound.map(({ origin }) =>
          compiled(read.deleteFrom('secret_bindings').where('reference', '=', found.secret).where('origin', '=', origin)),
        )
  const origins = found.bindings.map(({ origin }) => origin)
  const touched = [{ kind: 'secret', id: kind === 'sealed' ? name : found.secret, name: found.secret, before: { origins }, after: {} }]
  return { statements, touched: statements.length === 0 ? [] : touched, answer: () => found }
}

function sealedAlone(plan: SecretPlan, origin: string): Planned<z.output<typeof answered>> {
  return { statements: plan.statements, touched: plan.touched, answer: () => answerOf(plan, origin, []) }
}

function answerOf({ reference, touched }: SecretPlan, origin: string, usedBy: readonly string[]): z.output<typeof answered> {
  const fingerprint = touched.find(({ name }) => name === reference)?.after.fingerprint
  return { secret: reference, origin, fingerprint: typeof fingerprint === 'string' ? fingerprint : null, used_by: [...usedBy] }
}

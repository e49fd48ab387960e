/** What a credential needs before it may be used at an origin: a sealed row of its own, or a proof that whoever wrote it holds the key-encryption key. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Keyring, proves } from '../../net/kek.ts'
import { parseReference } from '../../net/references.ts'
import { seal } from '../../net/sealed.ts'
import type { ControlStatement } from '../../store/store.ts'
import type { Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { secretFormat } from '../fields.ts'
import { insertRows, updateRow } from '../row-statements.ts'
import { requireScope } from '../scopes.ts'
import { cataloguePairs } from './rows.ts'

export const secretValue = z.string().min(1).max(65_536).meta({ format: secretFormat })

/** What only the key-encryption key can make: sent along by the command line of the machine that has its file. */
export const bindingProof = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'A proof is 64 hex digits.')
  .optional()
  .describe("What a command on Purser's own machine sends as proof that the credential may go to this place.")

export type SecretPlan = {
  readonly reference: string
  readonly statements: readonly ControlStatement[]
  readonly touched: readonly Touched[]
}

/** Seals a value for an origin, under the id of a sealed secret that it replaces or under a new one. */
export async function planSealed(
  context: OperationContext,
  asked: { value: string; origin: string; replaces?: string },
): Promise<SecretPlan> {
  requireScope(context.actor, 'secrets:write', 'a key to be sealed')
  const { value, origin, replaces } = asked
  const { current } = keyringOf(context)
  const { read } = context.store
  const now = context.clock.now()
  const before =
    replaces === undefined ? undefined : await read.selectFrom('sealed_secrets').selectAll().where('id', '=', replaces).executeTakeFirst()
  const row = seal(current, context.random, { id: before?.id ?? context.ids(), origin, value: value.trim() })
  const { id: _id, ...columns } = row
  const shown = ({ fingerprint, origin }: { fingerprint: string; origin: string }): JsonObject => ({ fingerprint, origin })
  const reference = `sealed:${row.id}`
  return {
    reference,
    statements:
      before === undefined
        ? insertRows(read, 'sealed_secrets', [{ ...row, created_at: now, rotated_at: now }])
        : [updateRow(read, 'sealed_secrets', row.id, { ...columns, rotated_at: now })],
    touched: [{ kind: 'secret', id: row.id, name: reference, before: before === undefined ? {} : shown(before), after: shown(row) }],
  }
}

/**
 * Whether a reference may be used at an origin, and what makes it so: nothing for what the catalogue gives, for what is sealed for the
 * place, and for what was bound before. Anything else is bound here, by whoever holds the key-encryption key and nobody else.
 */
export async function planBinding(context: OperationContext, reference: string, origin: string, proof?: string): Promise<SecretPlan> {
  const nothing = { reference, statements: [], touched: [] }
  const { kind, name } = parseReference(reference)
  if (kind === 'sealed') {
    await refuseSealedElsewhere(context, name, origin)
    return nothing
  }
  if (await mayGo(context, reference, origin)) return nothing
  const { read } = context.store
  const row = await bindingRow(context, reference, origin)
  const hmac = provenBy(context, reference, origin, proof)
  const statement =
    row === undefined
      ? insertRows(read, 'secret_bindings', [{ reference, origin, hmac }])
      : [compiled(read.updateTable('secret_bindings').set({ hmac }).where('reference', '=', reference).where('origin', '=', origin))]
  const before: JsonObject = row === undefined ? {} : { origin }
  return { reference, statements: statement, touched: [{ kind: 'secret', id: reference, name: reference, before, after: { origin } }] }
}

/** Whether a reference may be used at an origin as things stand. */
export async function mayGo(context: OperationContext, reference: string, origin: string): Promise<boolean> {
  const { kind, name } = parseReference(reference)
  if (kind === 'sealed') {
    const row = await context.store.read.selectFrom('sealed_secrets').select('origin').where('id', '=', name).executeTakeFirst()
    return row?.origin === origin
  }
  if (cataloguePairs().some((pair) => pair.reference === reference && pair.origin === origin)) return true
  const { keys } = context.secrets
  const row = await bindingRow(context, reference, origin)
  return row !== undefined && !('missing' in keys) && proves(keys, reference, origin, row.hmac)
}

function bindingRow({ store }: OperationContext, reference: string, origin: string) {
  return store.read
    .selectFrom('secret_bindings')
    .selectAll()
    .where('reference', '=', reference)
    .where('origin', '=', origin)
    .executeTakeFirst()
}

function provenBy(context: OperationContext, reference: string, origin: string, proof: string | undefined): string {
  if (proof !== undefined) {
    if (proves(keyringOf(context), reference, origin, proof)) return proof
    throw new PurserError('forbidden', `The proof that ${reference} may go to ${origin} was not made with this key-encryption key.`, {
      code: 'binding_needed',
      details: { reference, origin },
    })
  }
  if (context.face !== 'http' && context.face !== 'console') return keyringOf(context).current.prove(reference, origin)
  throw new PurserError('forbidden', `${reference} is not bound to ${origin}, and only someone on Purser's own machine may bind it.`, {
    code: 'binding_needed',
    details: { reference, origin },
    hint: `On that machine:  purser secrets bind ${reference} --origin ${origin}`,
  })
}

async function refuseSealedElsewhere({ store }: OperationContext, id: string, origin: string): Promise<void> {
  const row = await store.read.selectFrom('sealed_secrets').select('origin').where('id', '=', id).executeTakeFirst()
  if (row?.origin === origin) return
  throw new PurserError(
    'invalid_request',
    row === undefined
      ? `There is no sealed secret ${id}.`
      : `The secret sealed:${id} was sealed for ${row.origin}, and does not go to ${origin}.`,
    { field: 'credential', hint: 'Enter the key for this place:  purser connections update NAME --key-stdin' },
  )
}

/** Throws where nothing can be sealed or proven. */
export function keyringOf({ secrets }: OperationContext): Keyring {
  if (!('missing' in secrets.keys)) return secrets.keys
  throw new PurserError('unavailable', secrets.keys.missing, { code: 'no_kek' })
}

export function compiled(query: { compile(): { readonly sql: string; readonly parameters: readonly unknown[] } }): ControlStatement {
  const { sql, parameters } = query.compile()
  return { sql, parameters, expectChanges: 1 }
}

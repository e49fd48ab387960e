/** Operations that make, change, renew and end keys. The text of a key is in the one answer that made it, and nowhere else. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { hashSecret, mintKey, renewKey } from '../../core/keys.ts'
import { name } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import { change, type Planned, type Written } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { instant } from '../instant.ts'
import { merged, moved, without } from '../patch.ts'
import { updateRow } from '../row-statements.ts'
import { grantOf, isUsable, keyScopes, readScopes, refuseBeyond, refuseLockout } from './key-grants.ts'
import { refuseUnknownNames } from './key-names.ts'
import { insertKeys, wholeKey } from './key-statements.ts'
import { keyColumns, namedKey, pickKey, showKey, shownKey } from './keys.ts'

type KeyRow = Row<'keys'>

const withText = shownKey.extend({
  key: z.string().nullable().describe('The key itself. It is told this once and kept nowhere. Null where nothing was written.'),
})

const overlap = { usual: 86_400, longest: 30 * 86_400 }

const expiry = 'From when on it is refused.'

export const keysCreate = change({
  name: 'keys.create',
  summary: 'Make a key. Its text is in the answer, and cannot be shown again.',
  scope: 'keys:write',
  effect: 'write',
  positional: ['name'],
  input: z.strictObject({
    name,
    kind: z.enum(['call', 'admin']).default('call').describe('Whether it calls models, or administers.'),
    scopes: keyScopes
      .default({})
      .describe('Of a call key, what it is limited to: {} is everything. Of an admin key, what it is given: {} is nothing.'),
    expires_at: instant.nullable().default(null).describe(expiry),
  }),
  output: withText,
  columns: keyColumns,
  example: `purser keys create build-server --scopes '{"profiles":["simulated"]}'`,
  async plan(context, { name, kind, scopes, expires_at }) {
    const { clock, random, store, pepper, actor } = context
    refuseTaken(await allKeys(context), name)
    const read = readScopes(kind, scopes as JsonObject)
    refuseBeyond(actor, grantOf({ kind, scopes: read }), name)
    refusePast(expires_at, clock.now())
    await refuseUnknownNames(context, kind, read)
    const { id, secret, text } = mintKey(kind, random)
    const fresh = { id, name, kind, secret_hash: hashSecret(pepper(), secret), scopes: read, expires_at, created_at: clock.now() }
    return {
      statements: insertKeys(store.read, [fresh]),
      touched: [{ kind: 'key', id, name, before: {}, after: wholeKey(fresh) as JsonObject }],
      warnings: kind === 'admin' && grantOf(fresh).size === 0 ? ['This admin key may do nothing: give it roles or scopes.'] : [],
      answer: (written) => ({ ...showKey(context, wholeKey(fresh)), key: toldOnce(written, text) }),
    }
  },
})

export const keysUpdate = change({
  name: 'keys.update',
  summary: 'Change the name, the scopes or the end of a key. What is not given stays; scopes merge field by field.',
  scope: 'keys:write',
  effect: 'write',
  positional: ['key'],
  input: z.strictObject({
    ...namedKey,
    name: name.optional().describe('A new name.'),
    scopes: keyScopes.optional().describe('The fields that change. A list replaces the one before.'),
    expires_at: instant.nullable().optional().describe(expiry),
    unset: z.array(z.string().max(200)).max(20).default([]).describe('Dotted paths to take out: scopes.profiles, expires_at.'),
  }),
  output: shownKey,
  columns: keyColumns,
  example: `purser keys update build-server --scopes '{"endpoints":["generate"]}'`,
  async plan(context, { key: asked, unset, ...patch }) {
    const keys = await allKeys(context)
    const row = pickKey(keys, asked)
    refuseEnded(row)
    const { scopes, expires_at = null, name } = without(merged(settable(row), patch as JsonObject), unset)
    if (name === undefined || scopes === undefined) {
      throw new PurserError(
        'invalid_request',
        'A key always has a name and scopes. "unset" takes out what stands in them, or expires_at.',
        {
          field: 'unset',
        },
      )
    }
    if (name !== row.name) refuseTaken(keys, name as string)
    const read = readScopes(row.kind as 'call', scopes as JsonObject)
    if (expires_at !== row.expires_at) refusePast(expires_at as number | null, context.clock.now())
    if (patch.scopes !== undefined) await refuseUnknownNames(context, row.kind, read)
    return planUpdate(context, keys, row, { name: name as string, scopes: read, expires_at: expires_at as number | null })
  },
})

export const keysRotate = change({
  name: 'keys.rotate',
  summary: 'Give a key a new secret. The one before is let in for a while longer, so that callers can move over.',
  scope: 'keys:write',
  effect: 'write',
  positional: ['key'],
  flags: { overlap: 'overlap_seconds' },
  input: z.strictObject({
    ...namedKey,
    overlap_seconds: z
      .int()
      .min(0)
      .max(overlap.longest)
      .default(overlap.usual)
      .describe('How long the secret before is still let in. 0 ends it at once.'),
  }),
  output: withText,
  columns: keyColumns,
  example: 'purser keys rotate build-server --overlap 3600',
  async plan(context, { key: asked, overlap_seconds }) {
    const { clock, random, pepper } = context
    const keys = await allKeys(context)
    const row = pickKey(keys, asked)
    refuseEnded(row)
    const now = clock.now()
    const { secret, text } = renewKey(row.kind as 'call', row.id, random)
    const before = overlap_seconds > 0 ? { next_hash: row.secret_hash, next_until: now + overlap_seconds * 1000 } : unrotated
    const planned = planUpdate(context, keys, row, { secret_hash: hashSecret(pepper(), secret), ...before })
    return {
      ...planned,
      warnings: (row.next_until ?? 0) > now ? ['This key was rotating already: the oldest of its secrets ends now.'] : [],
      answer: async (written) => ({ ...(await planned.answer(written)), key: toldOnce(written, text) }),
    }
  },
})

export const keysRevoke = change({
  name: 'keys.revoke',
  summary: 'End a key for good, at once. What it called stays in the books.',
  scope: 'keys:write',
  effect: 'destroy',
  positional: ['key'],
  input: z.strictObject(namedKey),
  output: shownKey,
  columns: keyColumns,
  example: 'purser keys revoke build-server --yes',
  async plan(context, input) {
    const keys = await allKeys(context)
    const row = pickKey(keys, input.key)
    const ended = row.revoked_at !== null && row.revoked_at <= context.clock.now()
    return planUpdate(context, keys, row, ended ? {} : { revoked_at: context.clock.now(), ...unrotated })
  },
})

const unrotated = { next_hash: null, next_until: null }

function planUpdate(
  context: OperationContext,
  keys: readonly KeyRow[],
  row: KeyRow,
  columns: Partial<KeyRow>,
): Planned<z.output<typeof shownKey>> {
  const { before, after } = moved(row as JsonObject, columns as JsonObject)
  if (Object.keys(after).length === 0) return { statements: [], touched: [], answer: () => showKey(context, row) }
  const fresh = { ...row, ...after } as KeyRow
  refuseBeyond(context.actor, new Set([...grantOf(row), ...grantOf(fresh)]), row.name)
  refuseLockout(
    keys,
    keys.map((each) => (each === row ? fresh : each)),
    context.clock.now(),
  )
  return {
    statements: [updateRow(context.store.read, 'keys', row.id, after as Partial<KeyRow>)],
    touched: [{ kind: 'key', id: row.id, name: row.name, before, after }],
    answer: () => showKey(context, fresh),
  }
}

function allKeys({ store }: OperationContext): Promise<KeyRow[]> {
  return store.read.selectFrom('keys').selectAll().execute()
}

/** What an operator sets. An end that is not there is no field, so that `unset` of it is a slip. */
function settable({ name, scopes, expires_at }: KeyRow): JsonObject {
  return { name, scopes, ...(expires_at === null ? {} : { expires_at }) }
}

function toldOnce(written: Written | null, text: string): string | null {
  return written === null ? null : text
}

function refuseTaken(keys: readonly KeyRow[], name: string): void {
  if (keys.some((key) => key.id === name)) {
    throw new PurserError('conflict', `"${name}" is the id of a key, and can be no name of another.`, { code: 'name_taken', field: 'name' })
  }
  if (!keys.some((key) => key.name === name && key.revoked_at === null)) return
  throw new PurserError('conflict', `There is a key "${name}" already.`, {
    code: 'name_taken',
    field: 'name',
    hint: `See it:  purser keys get ${name}`,
  })
}

function refuseEnded(row: KeyRow): void {
  if (row.revoked_at === null) return
  throw new PurserError('conflict', `The key "${row.name}" is revoked, and stays so. Make a new one.`, {
    code: 'key_revoked',
    hint: 'purser keys create NAME',
  })
}

function refusePast(expires_at: number | null, now: number): void {
  if (isUsable({ expires_at, revoked_at: null }, now)) return
  throw new PurserError('invalid_request', '"expires_at" has passed already. To end a key at once, revoke it.', { field: 'expires_at' })
}

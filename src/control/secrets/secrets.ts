/** Operations on secrets: which references there are, where each may go, and who uses it. Never a value. */

import { z } from 'zod'
import { providerAuth } from '../../core/auth.ts'
import { PurserError } from '../../core/errors.ts'
import { originOf } from '../../net/destination.ts'
import { proves } from '../../net/kek.ts'
import { parseReference, referenceKinds } from '../../net/references.ts'
import type { SecretRows } from '../../net/vault.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../find.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { cataloguePairs, readSecretRows } from './rows.ts'

export const shownSecret = z.object({
  secret: z.string().describe('The reference, as connections name it.'),
  kind: z.enum(referenceKinds),
  fingerprint: z.string().nullable().describe('Tells two sealed values apart. Null where Purser does not keep the value.'),
  bindings: z.array(
    z.object({
      origin: z.string(),
      by: z.enum(['catalogue', 'operator', 'seal']),
      holds: z.boolean().describe('Whether the key-encryption key proves it.'),
    }),
  ),
  used_by: z.array(z.string()).describe('The connections that name it.'),
  presence: z.enum(['present', 'absent', 'unknown']),
  reason: z.string().nullable(),
  created_at: z.int().nullable(),
  rotated_at: z.int().nullable(),
})
export type ShownSecret = z.output<typeof shownSecret>

export const secretColumns = [
  { field: 'secret', title: 'SECRET', show: 'whole' },
  { field: 'presence', title: 'PRESENCE' },
  { field: 'fingerprint', title: 'FINGERPRINT' },
  { field: 'bindings.0.origin', title: 'BOUND TO' },
  { field: 'used_by', title: 'USED BY' },
  { field: 'rotated_at', title: 'ROTATED', show: 'instant' },
] as const

export const secretsList = operation({
  name: 'secrets.list',
  summary: 'List the secrets by reference: where each may go and who uses it, never a value.',
  scope: 'secrets:write',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shownSecret),
  columns: secretColumns,
  example: 'purser secrets list',
  async run(context, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])?.[0]
    const known = await knownSecrets(context)
    const rest = known.filter(({ secret }) => after === undefined || secret > after)
    return page(
      rest.slice(0, limit + 1),
      limit,
      ({ secret }) => [secret],
      (secret) => secret,
    )
  },
})

export const secretsGet = operation({
  name: 'secrets.get',
  summary: 'Show one secret: where it may go, who uses it, and whether it is there. Never its value.',
  scope: 'secrets:write',
  effect: 'read',
  positional: ['secret'],
  input: z.strictObject({ secret: z.string().min(1).max(300).describe('Its reference, such as env:OPENAI_API_KEY.') }),
  output: shownSecret,
  columns: secretColumns,
  example: 'purser secrets get env:OPENAI_API_KEY',
  run: async (context, { secret }) => findSecret(context, secret),
})

/** By its reference, or by the id of a sealed one alone. */
export async function findSecret(context: OperationContext, typed: string): Promise<ShownSecret> {
  const known = await knownSecrets(context)
  const found = known.find(({ secret }) => secret === typed || secret === `sealed:${typed}`)
  if (found !== undefined) return found
  const names = known.map(({ secret }) => secret)
  if (/^(env|file|command|sealed|keychain):/.test(typed)) throw notFound('secrets', typed, names)
  throw new PurserError('not_found', 'No secret has that reference.', { hint: 'See what there is:  purser secrets list' })
}

type User = { readonly providerId: string; readonly name: string; readonly reference: string; readonly origin: string }

/** The connections that name a secret, with the place where each would send it. */
export async function usersOfSecrets({ store }: OperationContext): Promise<User[]> {
  const rows = await store.read
    .selectFrom('connections')
    .innerJoin('providers', 'providers.id', 'connections.provider_id')
    .select(['connections.name', 'connections.auth', 'connections.provider_id', 'providers.base_url'])
    .where('connections.removed_at', 'is', null)
    .orderBy('connections.name')
    .execute()
  return rows.flatMap(({ name, auth, provider_id, base_url }) => {
    const read = providerAuth.safeParse(auth)
    if (!read.success || read.data.type === 'none' || read.data.credential === null) return []
    const address = (read.data.type === 'platform' ? read.data.base_url : null) ?? base_url
    return URL.canParse(address) ? [{ providerId: provider_id, name, reference: read.data.credential, origin: originOf(address) }] : []
  })
}

async function knownSecrets(context: OperationContext): Promise<ShownSecret[]> {
  const [{ bindings }, sealed, users] = await Promise.all([
    readSecretRows(context.store),
    context.store.read.selectFrom('sealed_secrets').selectAll().execute(),
    usersOfSecrets(context),
  ])
  const rows = new Map(sealed.map((row) => [`sealed:${row.id}`, row]))
  const references = [...rows.keys(), ...bindings.map(({ reference }) => reference), ...users.map(({ reference }) => reference)]
  return [...new Set(references)].toSorted().map((reference) => {
    const mine = users.filter((user) => user.reference === reference)
    const row = rows.get(reference)
    const places = row === undefined ? placesOf(context, reference, bindings) : [sealedFor(context, reference, row)]
    const at = mine[0]?.origin ?? places[0]?.origin ?? null
    const { presence, reason } = context.secrets.standing(reference, at)
    return {
      secret: reference,
      kind: parseReference(reference).kind,
      fingerprint: row?.fingerprint ?? null,
      bindings: places,
      used_by: mine.map(({ name }) => name),
      presence,
      reason,
      created_at: row?.created_at ?? null,
      rotated_at: row?.rotated_at ?? null,
    }
  })
}

type Place = ShownSecret['bindings'][number]

function sealedFor({ secrets }: OperationContext, reference: string, { origin }: Row<'sealed_secrets'>): Place {
  return { origin, by: 'seal', holds: secrets.standing(reference, origin).presence === 'present' }
}

function placesOf({ secrets: { keys } }: OperationContext, reference: string, bindings: SecretRows['bindings']): Place[] {
  const given = cataloguePairs().filter((pair) => pair.reference === reference)
  const bound = bindings.filter((row) => row.reference === reference)
  return [
    ...given.map(({ origin }): Place => ({ origin, by: 'catalogue', holds: true })),
    ...bound.map(
      ({ origin, hmac }): Place => ({ origin, by: 'operator', holds: !('missing' in keys) && proves(keys, reference, origin, hmac) }),
    ),
  ]
}

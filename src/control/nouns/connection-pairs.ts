/** Pairs of connections, one paid by the operator and one by a platform: both rows name each other, or neither does. */

import { PurserError } from '../../core/errors.ts'
import type { Row } from '../../store/schema.ts'
import type { ControlStatement } from '../../store/store.ts'
import type { Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { rowMoved } from '../row-change.ts'
import { type Paying, refuseUnsoundPair } from './connection-rules.ts'
import { findConnection } from './connections.ts'

export type Pairing = {
  /** The other side afterwards. */
  readonly twin: { readonly id: string; readonly name: string } | null
  /** The name of the one that was its other side and is no more. */
  readonly released: string | null
  /** What is written on the other rows. */
  readonly statements: readonly ControlStatement[]
  readonly touched: readonly Touched[]
  readonly warnings: readonly string[]
}

export const unpaired: Pairing = { twin: null, released: null, statements: [], touched: [], warnings: [] }

/** `one` gets the twin of that name, or none. `now` is the id of the twin that it has. */
export async function planPair(context: OperationContext, one: Paying, wanted: string | null, now: string | null): Promise<Pairing> {
  const { connection } = one
  const found = wanted === null ? null : await findConnection(context, wanted)
  const old = now === null || now === found?.id ? undefined : await rowOf(context, now)
  const released = old?.canonical_equivalent_id === connection.id ? old : undefined
  const freed = released && rowMoved(context, 'connections', released, { canonical_equivalent_id: null })
  if (found === null)
    return { ...unpaired, released: released?.name ?? null, statements: freed?.statements ?? [], touched: freed?.touched ?? [] }
  if (found.canonical_equivalent_id !== null && found.canonical_equivalent_id !== connection.id)
    throw new PurserError('conflict', `"${found.name}" is the pair of "${found.twin}" already.`, {
      code: 'paired',
      field: 'twin',
      hint: `Part them first:  purser connections update ${found.name} --unset twin`,
    })
  const { provider: theirs, twin: _twin, ...row } = found
  const provider = await context.store.read
    .selectFrom('providers')
    .selectAll()
    .where('id', '=', found.provider_id)
    .executeTakeFirstOrThrow()
  refuseUnsoundPair(one, { connection: row, provider })
  const taken = rowMoved(context, 'connections', row, { canonical_equivalent_id: connection.id })
  return {
    twin: { id: row.id, name: row.name },
    released: released?.name ?? null,
    statements: [...(freed?.statements ?? []), ...taken.statements],
    touched: [...(freed?.touched ?? []), ...taken.touched],
    warnings:
      provider.id === one.provider.id
        ? []
        : [`"${connection.name}" pays ${one.provider.name} and "${row.name}" pays ${theirs}: no profile can be moved between them.`],
  }
}

/** The row with this id, removed or not. */
async function rowOf({ store }: OperationContext, id: string): Promise<Row<'connections'> | undefined> {
  return store.read.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst()
}

/** A provider that changes takes its connections with it: what was a pair must stay one. */
export async function refuseBrokenPairs({ store }: OperationContext, provider: Row<'providers'>): Promise<void> {
  const [connections, providers] = await Promise.all([
    store.read.selectFrom('connections').selectAll().where('removed_at', 'is', null).execute(),
    store.read.selectFrom('providers').selectAll().execute(),
  ])
  const paying = (connection: Row<'connections'>): Paying => ({
    connection,
    provider: connection.provider_id === provider.id ? provider : providers.find((row) => row.id === connection.provider_id)!,
  })
  for (const mine of connections.filter((row) => row.provider_id === provider.id)) {
    const twin = connections.find((row) => row.id === mine.canonical_equivalent_id)
    if (twin !== undefined) refuseUnsoundPair(paying(mine), paying(twin))
  }
}

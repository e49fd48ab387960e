/** A thing by what was typed for it: found by its name, else by its id, else an error that says what was most likely meant. */

import { PurserError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import type { Store } from '../store/store.ts'
import type { OperationContext } from './context.ts'

/** `noun` is the plural that operations use, such as `providers`. */
export function findNamed<Row extends { readonly id: string; readonly name: string }>(
  noun: string,
  typed: string,
  rows: readonly Row[],
): Row {
  const found = rows.find((row) => row.name === typed) ?? rows.find((row) => row.id === typed)
  if (found !== undefined) return found
  throw notFound(
    noun,
    typed,
    rows.map((row) => row.name),
  )
}

/** The answer to a name that nobody has. `known` are the names there are. */
export function notFound(noun: string, typed: string, known: readonly string[] = []): PurserError {
  const meant = nearest(typed, known)
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new PurserError('not_found', `No ${noun.replace(/s$/, '')} is named "${typed}".${guess}`, {
    hint: `See what there is:  purser ${noun} list`,
    details: { [noun.replace(/s$/, '')]: typed },
  })
}

/** Refuses a name that another thing of the same kind bears. Profiles and routes share one set of names: callers send both as `model`. */
export async function refuseTaken(
  { store }: OperationContext,
  noun: 'providers' | 'connections' | 'profiles' | 'routes',
  name: string,
): Promise<void> {
  for (const table of tablesOf[noun]) {
    const found = await store.read
      .selectFrom(table)
      .select('id')
      .where('name', '=', name)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (found === undefined) {
      await refuseIdAsName(store, table, name)
      continue
    }
    const kind = table === 'model_profiles' ? 'profile' : table.slice(0, -1)
    throw new PurserError('conflict', `There is a ${kind} "${name}" already.`, {
      code: 'name_taken',
      field: 'name',
      hint: `See it:  purser ${kind}s get ${name}`,
    })
  }
}

type Table = (typeof tablesOf)[keyof typeof tablesOf][number]

/** What is typed for a thing is its name before it is an id: a row named like another's id would answer for it. */
async function refuseIdAsName({ read }: Store, table: Table, name: string): Promise<void> {
  const found = await read.selectFrom(table).select('name').where('id', '=', name).executeTakeFirst()
  if (found === undefined) return
  throw new PurserError('conflict', `"${name}" is the id of "${found.name}", and can be no name of another.`, {
    code: 'name_taken',
    field: 'name',
  })
}

const tablesOf = {
  providers: ['providers'],
  connections: ['connections'],
  profiles: ['model_profiles', 'routes'],
  routes: ['model_profiles', 'routes'],
} as const

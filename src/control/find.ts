/** A thing by what was typed for it: found by its name, else by its id, else an error that says what was most likely meant. */

import { PurserError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'

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

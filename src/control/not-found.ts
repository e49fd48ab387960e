/** The answer to a name that nobody has: what was typed, what was most likely meant, and where the names stand. */

import { PurserError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'

/** `noun` is the plural that operations use, such as `providers`. */
export function notFound(noun: string, typed: string, known: readonly string[] = []): PurserError {
  const meant = nearest(typed, known)
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new PurserError('not_found', `No ${noun.replace(/s$/, '')} is named "${typed}".${guess}`, {
    hint: `See what there is:  purser ${noun} list`,
    details: { [noun.replace(/s$/, '')]: typed },
  })
}

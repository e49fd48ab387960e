/** A database as an operator names it: a file path, `:memory:`, or a `postgres://` URL. */

import { PurserError } from './errors.ts'

export function isPostgres(database: string): boolean {
  return /^postgres(ql)?:\/\//.test(database)
}

/** Throws `invalid_request` for an address that names neither a file nor a Postgres server: it would be taken for a file of that name. */
export function checkAddress(database: string, field: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(database)?.[1]
  if (scheme === undefined) return
  if (!isPostgres(database)) throw unusable(`names a database by "${scheme}://", which Purser does not know`, field)
  if (!URL.canParse(database)) throw unusable('does not read as an address', field)
}

function unusable(why: string, field: string): PurserError {
  return new PurserError('invalid_request', `${field} ${why}. It takes a file, or postgres://USER:PASSWORD@HOST:PORT/NAME.`, {
    field,
    hint: 'Write what is special in a password as %XX, such as %40 for @.',
  })
}

/** The address as it may be shown and kept. The driver takes a password from the query too; a URL that does not parse may hold one anywhere. */
export function withoutPassword(database: string): string {
  if (!isPostgres(database)) return database
  const url = URL.parse(database)
  if (url === null) return 'postgres://…'
  url.password = ''
  if (url.searchParams.has('password')) url.searchParams.delete('password')
  return url.href
}

/** What a file of the home refused, as an error that names it. */

import { PurserError } from '../../core/errors.ts'

type Row = { readonly says: string; readonly code: 'store_cannot_open' | 'disk_full'; readonly hint: string }

const elsewhere = { code: 'store_cannot_open', hint: 'Give this user its home, or name another one: purser serve --home <folder>' } as const
const room = { code: 'disk_full', hint: 'Free some space, then start again.' } as const

const rows: Readonly<Record<string, Row>> = {
  EACCES: { says: 'this user has no permission', ...elsewhere },
  EPERM: { says: 'this user has no permission', ...elsewhere },
  EROFS: { says: 'the file system is read-only', ...elsewhere },
  ENOTDIR: { says: 'a part of the path is a file', ...elsewhere },
  EISDIR: { says: 'there is a folder of that name', ...elsewhere },
  ENOSPC: { says: 'the disk is full', ...room },
  EDQUOT: { says: 'the quota of this user is used up', ...room },
}

/** Node's own error of a file as ours; any other as it is. */
export function fileFault(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  const { code, path, syscall } = thrown as NodeJS.ErrnoException
  if (code === undefined || path === undefined || syscall === undefined) return thrown
  const { says, ...extras } = rows[code] ?? { says: code, ...elsewhere }
  return new PurserError('unavailable', `${path} can not be used: ${says}.`, { ...extras, cause: thrown })
}

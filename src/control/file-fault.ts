/** What a file of the home refused, as an error that names it. */

import { PurserError } from '../core/errors.ts'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'there is a folder of that name',
}

/** Node's own error of a file as ours; any other as it is. */
export function fileFault(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  const { code, path, syscall } = thrown as NodeJS.ErrnoException
  if (code === undefined || path === undefined || syscall === undefined) return thrown
  return new PurserError('unavailable', `${path} can not be opened: ${reasons[code] ?? code}.`, {
    code: 'store_cannot_open',
    hint: 'Give this user its home, or name another one: purser serve --home <folder>',
    cause: thrown,
  })
}

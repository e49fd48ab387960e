/** A copy of a SQLite database beside it, checked before anything is taken away from the original. */

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statfsSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { PurserError } from '../core/errors.ts'
import { type Executor, sqliteExecutor } from './engine.ts'
import { fingerprint, fingerprintDigest } from './fingerprint.ts'
import { openSqlite } from './sqlite.ts'

/** Writes `<path>.before-<id>-<time>` and answers with that name. Throws, with the original untouched, where the copy is not proven good. */
export async function backUp(executor: Executor, path: string, id: string, now: number): Promise<string> {
  const copy = `${path}.before-${id}-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  if (existsSync(copy)) throw failed(copy, 'a file of that name is there already')
  const folder = dirname(path)
  await checkSpace(executor, folder)
  // Under its own name only once it is proven good: a copy that was cut off must not be taken for one.
  const unproven = `${copy}.unproven`
  rmSync(unproven, { force: true })
  await executor.exec(`VACUUM INTO '${unproven.replaceAll("'", "''")}'`)
  // No connection is open on the copy yet, so its descriptor may be opened and closed.
  flush(unproven)
  await check(executor, unproven)
  renameSync(unproven, copy)
  flush(folder)
  return copy
}

async function checkSpace(executor: Executor, folder: string): Promise<void> {
  const [size] = await executor.all('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size')
  const { bavail, bsize } = statfsSync(folder, { bigint: true })
  const needed = size?.bytes as bigint
  if (bavail * bsize > needed) return
  throw new PurserError(
    'unavailable',
    `The backup needs ${needed} bytes, and the folder ${folder} has ${bavail * bsize} left. Free some space, then run the command again.`,
    {
      code: 'disk_full',
    },
  )
}

async function check(original: Executor, copy: string): Promise<void> {
  const connection = openSqlite(copy, { readonly: true })
  try {
    const executor = sqliteExecutor(connection)
    const [answer] = await executor.all('PRAGMA integrity_check(1)')
    if (answer?.integrity_check !== 'ok') throw failed(copy, `its integrity check says "${answer?.integrity_check}"`)
    const [here, there] = [await fingerprint(original), await fingerprint(executor)].map(fingerprintDigest)
    if (here !== there) throw failed(copy, 'its schema is not that of the original')
  } finally {
    connection.close()
  }
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function failed(copy: string, reason: string): PurserError {
  return new PurserError('unavailable', `The backup ${basename(copy)} can not be relied on: ${reason}. Nothing was changed.`, {
    code: 'backup_failed',
  })
}

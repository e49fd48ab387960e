/** Who may write to a database: one process at a time, by a lock that the system itself frees when the process dies. */

import { readFileSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { PurserError } from '../core/errors.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { holdExclusively, openSqlite } from './sqlite.ts'

export type Lock = { release(): void }

/** File systems of Linux, by the number `statfs` gives, whose locks or syncs can not be trusted. */
const unsafe: Readonly<Record<string, string>> = {
  '6969': 'NFS',
  '517b': 'SMB',
  ff534d42: 'SMB',
  fe534d42: 'SMB',
  '1021997': '9p',
}
const fuse = '65735546'

/** Takes the lock beside a SQLite file. Throws `unavailable`, code `lock_busy`, where another process has it. */
export function lockFile(path: string, acceptFilesystem = false): Lock {
  checkFilesystem(path, acceptFilesystem)
  const lock = holdExclusively(`${path}-lock`)
  if (lock) return lock
  throw busy(path, holderOf(path))
}

/** Refuses a folder on a network file system; one in user space only with consent. */
export function checkFilesystem(path: string, acceptFilesystem: boolean): void {
  if (process.platform !== 'linux') return
  const type = filesystemOf(dirname(path))
  const name = unsafe[type] ?? (type === fuse && !acceptFilesystem ? 'FUSE' : undefined)
  if (name === undefined) return
  const hint =
    name === 'FUSE'
      ? 'Put the database on a local disk, or pass --accept-filesystem if this one locks and syncs as a local disk does.'
      : 'Put the database on a local disk, or use Postgres.'
  throw new PurserError('unsupported', `${dirname(path)} is on ${name}, whose locks and syncs a database can not rely on.`, {
    code: 'filesystem',
    hint,
  })
}

function filesystemOf(folder: string): string {
  try {
    return (statfsSync(folder, { bigint: true }).type & 0xffffffffn).toString(16)
  } catch (error) {
    throw new PurserError('unavailable', `The folder ${folder} can not be read.`, {
      code: 'store_cannot_open',
      hint: 'Create it, or name another database.',
      cause: error,
    })
  }
}

/** A lock of the session, on this schema, for the process that serves. Freed when the connection ends. */
export async function lockSchema(connection: PostgresConnection, name: string): Promise<void> {
  if (await tryLockSchema(connection)) return
  throw busy(name, undefined)
}

export async function tryLockSchema(connection: PostgresConnection): Promise<boolean> {
  const { rows } = await connection.query(
    "SELECT CASE WHEN pg_try_advisory_lock(hashtextextended('purser serve ' || current_schema(), 0)) THEN 1 ELSE 0 END AS held",
  )
  return Number(rows[0]?.held) === 1
}

/** The machine's boot, which tells a crash of the process from one of the machine. Empty where the system does not say. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function busy(database: string, pid: bigint | undefined): PurserError {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  return new PurserError('unavailable', `${database} is in use by ${who}.`, {
    code: 'lock_busy',
    hint: 'Stop that one first, or send the command to it.',
    ...(pid === undefined ? {} : { details: { pid: Number(pid) } }),
  })
}

/** The process that registered itself last and has not said goodbye. */
function holderOf(path: string): bigint | undefined {
  try {
    const connection = openSqlite(path, { readonly: true })
    try {
      const [row] = connection.all('SELECT pid FROM instances WHERE stopped_at IS NULL ORDER BY epoch DESC LIMIT 1')
      return row?.pid as bigint | undefined
    } finally {
      connection.close()
    }
  } catch {
    // A database that is only being made, or too broken to say: the lock is busy all the same.
    return undefined
  }
}

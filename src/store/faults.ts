/** What a database can refuse or fail at, in one table for both engines, and the error that the house sees for it. */

import { type ErrorKind, PurserError } from '../core/errors.ts'

type Row = { readonly kind: ErrorKind; readonly code: string; readonly says: string; readonly hint?: string }

const faults = {
  constraint: { kind: 'conflict', code: 'constraint', says: 'The database refused the row' },
  full: {
    kind: 'unavailable',
    code: 'disk_full',
    says: 'The disk that holds the database is full',
    hint: 'Free some space: writing goes on by itself.',
  },
  io: {
    kind: 'unavailable',
    code: 'store_io',
    says: 'The disk that holds the database failed',
    hint: 'Look at the disk, then start again and run: purser doctor',
  },
  corrupt: { kind: 'unavailable', code: 'store_corrupt', says: 'The database file is damaged', hint: 'Run: purser doctor' },
  busy: { kind: 'unavailable', code: 'store_busy', says: 'Another process holds the database' },
  readonly: {
    kind: 'unavailable',
    code: 'store_readonly',
    says: 'The database can not be written',
    hint: 'Look at the permissions of its folder and at the mount.',
  },
  missing: {
    kind: 'unavailable',
    code: 'store_cannot_open',
    says: 'The database can not be opened',
    hint: 'Look at the path, and at the permissions of its folder.',
  },
  lost: {
    kind: 'unavailable',
    code: 'store_down',
    says: 'The connection to the database is lost',
    hint: 'Look whether the server runs, and whether PURSER_DATABASE_URL or --database names it.',
  },
  refused: {
    kind: 'unavailable',
    code: 'store_refused',
    says: 'The database server does not let Purser in',
    hint: 'Look at user, password and name in PURSER_DATABASE_URL or --database, and at pg_hba.conf.',
  },
  retry: { kind: 'unavailable', code: 'store_contended', says: 'The database asks to try again' },
  other: { kind: 'internal', code: 'store_failed', says: 'The database refused the statement' },
} as const satisfies Record<string, Row>

export type Fault = keyof typeof faults

/** Primary result codes of SQLite. The upper bits say more and are of no matter here. */
const sqliteCodes: Readonly<Record<number, Fault>> = {
  5: 'busy',
  6: 'busy',
  8: 'readonly',
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'missing',
  19: 'constraint',
  26: 'corrupt',
}

/** The -shm file could not grow: the disk is full, whatever SQLite calls it. */
const sqliteExtendedCodes: Readonly<Record<number, Fault>> = { 4874: 'full' }

/** SQLSTATE of Postgres, the whole of it or its class of two characters. */
const postgresCodes: Readonly<Record<string, Fault>> = {
  '08': 'lost',
  '28': 'refused',
  '3D': 'refused',
  '23': 'constraint',
  '22': 'constraint',
  '25P03': 'lost',
  '57014': 'busy',
  '57P01': 'lost',
  '57P02': 'lost',
  '57P03': 'lost',
  '57P05': 'lost',
  '53100': 'full',
  '58030': 'io',
  '55P03': 'busy',
  '40001': 'retry',
  '40P01': 'retry',
  '25006': 'readonly',
  P0001: 'constraint',
  XX001: 'corrupt',
  XX002: 'corrupt',
}

const socketCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
const faultByCode = new Map<string, Fault>(Object.entries(faults).map(([fault, row]) => [row.code, fault as Fault]))

/** What went wrong, of a driver's own error or of one that `storeError` has made of it. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof PurserError) return faultByCode.get(thrown.code ?? '') ?? 'other'
  if (!(thrown instanceof Error)) return 'other'
  const { code, errcode } = thrown as Error & { code?: unknown; errcode?: unknown }
  if (typeof errcode === 'number') return sqliteExtendedCodes[errcode] ?? sqliteCodes[errcode & 0xff] ?? 'other'
  if (typeof code !== 'string') return /connection (terminated|ended|closed)|not queryable/i.test(thrown.message) ? 'lost' : 'other'
  if (socketCodes.has(code)) return 'lost'
  return postgresCodes[code] ?? postgresCodes[code.slice(0, 2)] ?? 'other'
}

/** The error the house sees: what failed in our words, the driver's own message after it, the cause kept. */
export function storeError(thrown: unknown): PurserError {
  if (thrown instanceof PurserError) return thrown
  const row: Row = faults[faultOf(thrown)]
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return new PurserError(row.kind, `${row.says}: ${detail}.`, {
    code: row.code,
    // What a driver says may name a host, a user, a path or a statement.
    told: `${row.says}.`,
    cause: thrown,
    ...(row.hint === undefined ? {} : { hint: row.hint }),
  })
}

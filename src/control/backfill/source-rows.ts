/** The source's connection rows and its list of credentials, as the two documents beside the file bring them. A row that is not sound is listed; the others are read. */

import type { Presence } from '../../core/auth.ts'
import { isObject, type Json } from '../../core/json.ts'
import { name as nameSchema } from '../../core/nouns.ts'
import { type Notes, note } from './notes.ts'
import { child, member, textIn } from './pointer.ts'

export type SourceRow = {
  readonly pointer: string
  readonly name: string
  readonly provider: string
  readonly auth: 'api_key' | 'platform' | 'none' | 'oauth_subscription'
  readonly credential: string | undefined
  readonly baseUrl: string | undefined
  readonly models: readonly string[]
}

const auths = ['api_key', 'platform', 'none', 'oauth_subscription'] as const

/** Pointers into this document begin with this word; those into the configuration begin with a slash. */
export const rowsDocument = 'connections:'

export function readSourceRows(document: Json | null, notes: Notes): ReadonlyMap<string, SourceRow> {
  const rows = new Map<string, SourceRow>()
  if (document === null) return rows
  if (!Array.isArray(document)) {
    note(notes, 'undecided', rowsDocument, 'not_a_list')
    return rows
  }
  for (const [index, row] of document.entries()) {
    const pointer = child(rowsDocument, index)
    const read = readRow(row as Json, pointer)
    if (typeof read === 'string') note(notes, 'undecided', pointer, read, { kind: 'connection' })
    else if (rows.has(read.name)) note(notes, 'undecided', pointer, 'name_twice', { kind: 'connection', name: read.name })
    else rows.set(read.name, read)
  }
  return rows
}

function readRow(row: Json, pointer: string): SourceRow | string {
  if (!isObject(row)) return 'not_a_row'
  const [name, provider] = [textIn(row, 'name'), textIn(row, 'provider')]
  if (name === undefined || !nameSchema.safeParse(name).success) return 'name_not_allowed'
  if (provider === undefined) return 'no_provider'
  const authObject = member(row, 'auth')
  const auth = auths.find((each) => each === textIn(authObject, 'type'))
  if (auth === undefined) return 'auth_unknown'
  const models = member(row, 'models')
  return {
    pointer,
    name,
    provider,
    auth,
    credential: textIn(authObject, 'credential'),
    baseUrl: textIn(row, 'base_url'),
    models: Array.isArray(models) ? models.flatMap((each: Json) => textIn(each, 'id') ?? []) : [],
  }
}

/** A map from name to presence, or a list of names, or of objects with both. */
export function readCredentials(document: Json | null): ReadonlyMap<string, Presence> | null {
  if (document === null) return null
  const pairs: (readonly [string, Json])[] = Array.isArray(document)
    ? document.flatMap((each: Json) => {
        if (typeof each === 'string') return [[each, 'present'] as const]
        const named = textIn(each, 'credential') ?? textIn(each, 'name')
        return named === undefined ? [] : [[named, member(each, 'presence') ?? member(each, 'state') ?? 'unknown'] as const]
      })
    : Object.entries(isObject(document) ? document : {})
  return new Map(pairs.map(([name, state]) => [credentialName(name), presenceOf(state)]))
}

function presenceOf(state: Json): Presence {
  if (state === true || state === 'present') return 'present'
  return state === false || state === 'absent' ? 'absent' : 'unknown'
}

/** `service:field` is another spelling of `credential/service/field`. */
export function credentialName(text: string): string {
  const [, service, field] = /^([^:/]+):([^:/]+)$/.exec(text.trim()) ?? []
  return service === undefined ? text.trim() : `credential/${service}/${field}`
}

/** What backfills kept of the files that they read: part of every export, and nothing that a document can give. */

import type { Kysely } from 'kysely'
import { canonicalJson } from '../../core/json.ts'
import { compareBytes } from '../../pricing/patterns.ts'
import type { Tables } from '../../store/schema.ts'
import type { Preserved } from './document.ts'

export async function readPreserved(read: Kysely<Tables>): Promise<Preserved> {
  const rows = await read.selectFrom('preserved').selectAll().execute()
  return rows
    .map(({ import_id, pointer, value }) => ({ import: import_id, pointer, value }))
    .toSorted((a, b) => compareBytes(a.import, b.import) || compareBytes(a.pointer, b.pointer))
}

/** Says so where a document holds what is not kept here: it came with an import, and only a backfill brings one. */
export function notApplied(said: Preserved, kept: Preserved): readonly string[] {
  const here = new Set(kept.map((each) => canonicalJson(each)))
  const strange = said.filter((each) => !here.has(canonicalJson(each))).length
  if (strange === 0) return []
  return [`preserved: ${strange} places stand in the document alone. They are a record of a backfill elsewhere, and are not applied.`]
}

/** Changes to a JSON body at known offsets: every byte that no edit names stays as it came. */

import type { Json } from '../core/json.ts'
import { memberOf, type Scan } from '../core/scan.ts'

/** The bytes from `start` to before `end` give way to the text. With `start` = `end` it is put in between. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string }

/** The body with all edits made. They may come in any order and do not overlap; of two at one place the first stays first. */
export function edited(body: Uint8Array, edits: readonly Edit[]): Uint8Array {
  if (edits.length === 0) return body
  const ordered = [...edits].sort((a, b) => a.start - b.start)
  const grown = ordered.reduce((sum, edit) => sum + Buffer.byteLength(edit.text) - (edit.end - edit.start), 0)
  const result = Buffer.allocUnsafe(body.length + grown)
  let from = 0
  let to = 0
  for (const edit of ordered) {
    result.set(body.subarray(from, edit.start), to)
    to += edit.start - from
    to += result.write(edit.text, to)
    from = edit.end
  }
  result.set(body.subarray(from), to)
  return result
}

/** Puts another value in the place of the member's. */
export function replaceMember(scanned: Scan, key: string, value: Json): Edit[] {
  const member = memberOf(scanned, key)
  return member ? [{ start: member.valueStart, end: member.valueEnd, text: JSON.stringify(value) }] : []
}

/** Gives the member another name, unless one of that name is there too. */
export function renameMember(scanned: Scan, key: string, name: string): Edit[] {
  const member = memberOf(scanned, key)
  if (!member || memberOf(scanned, name)) return []
  return [{ start: member.keyStart - 1, end: member.valueStart, text: `${JSON.stringify(name)}:` }]
}

/** Puts members that the object does not have right before its closing brace, in the order given. */
export function insertMembers(scanned: Scan, members: Readonly<Record<string, Json>>): Edit[] {
  const missing = Object.entries(members).filter(([key]) => memberOf(scanned, key) === undefined)
  if (missing.length === 0) return []
  const text = missing.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')
  return [{ start: scanned.close, end: scanned.close, text: scanned.members.length === 0 ? text : `,${text}` }]
}

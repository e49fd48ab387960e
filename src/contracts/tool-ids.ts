/** Ids of tool calls for those who allow only some characters in them: the call and its result are changed alike. */

import { createHash } from 'node:crypto'

const plain = /^[a-zA-Z0-9_-]+$/
const escaped = 'escaped_'

/** Letters, digits, `_` and `-`. What has others is carried in base64url, and so is what looks as if it were. */
export function escapedId(id: string): string {
  return plain.test(id) && !id.startsWith(escaped) ? id : escaped + Buffer.from(id).toString('base64url')
}

/** The id that was escaped, or the id itself. */
export function unescapedId(id: string): string {
  if (!id.startsWith(escaped)) return id
  const original = Buffer.from(id.slice(escaped.length), 'base64url').toString('utf8')
  return escapedId(original) === id ? original : id
}

/** Exactly nine letters and digits: what has another form is replaced by a digest of it. */
export function nineCharacters(id: string): string {
  if (/^[a-zA-Z0-9]{9}$/.test(id)) return id
  return createHash('sha256').update(id).digest('hex').slice(0, 9)
}

/** The body of a write on the admin API: small, JSON, an object, no key twice. */

import { PurserError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { scan, scanLimits } from '../core/scan.ts'
import { readWhole } from './body.ts'
import { guardContentType } from './guard.ts'

/** In MiB. A document of 4 MiB is about twice as long as the text of a JSON string. */
const most = { plain: 1, documents: 12 } as const

/** `takes`: whether the operation takes the text of files. */
export async function readAdminBody(request: Request, takes: keyof typeof most = 'plain'): Promise<JsonObject> {
  const bytes = await readWhole(request, most[takes] * 1024 * 1024, () => tooLarge(most[takes]))
  if (bytes.length === 0) return {}
  guardContentType(request.headers.get('content-type') ?? undefined)
  const scanned = scan(bytes, { ...scanLimits, distinct: new Set() })
  if (scanned.kind !== 'object') throw new PurserError('invalid_request', 'The body must be one JSON object.')
  const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json
  return isObject(value) ? value : {}
}

function tooLarge(mebibytes: number): PurserError {
  return new PurserError('too_large', `The body is larger than ${mebibytes} MiB, the most that the admin API takes here.`)
}

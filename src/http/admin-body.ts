/** The body of a write on the admin API: small, JSON, an object, no key twice. */

import { PurserError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { scan, scanLimits } from '../core/scan.ts'
import { readWhole } from './body.ts'
import { guardContentType } from './guard.ts'

const mostBytes = 1024 * 1024

export async function readAdminBody(request: Request): Promise<JsonObject> {
  const bytes = await readWhole(request, mostBytes, tooLarge)
  if (bytes.length === 0) return {}
  guardContentType(request.headers.get('content-type') ?? undefined)
  const scanned = scan(bytes, { ...scanLimits, distinct: new Set() })
  if (scanned.kind !== 'object') throw new PurserError('invalid_request', 'The body must be one JSON object.')
  const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json
  return isObject(value) ? value : {}
}

function tooLarge(): PurserError {
  return new PurserError('too_large', 'The body is larger than 1 MiB, the most that the admin API takes.')
}

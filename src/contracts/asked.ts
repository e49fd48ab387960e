/** What a caller asked for, as far as routing must know: the model and whether a stream is. Both contracts say it with the same two fields. */

import { refuseDestinations } from '../core/destinations.ts'
import { PurserError } from '../core/errors.ts'
import { memberValue } from '../core/scan.ts'
import type { WireRequest } from '../core/wire.ts'

export type Asked = { readonly model: string; readonly stream: boolean }

const longestName = 512

export function peekBody(request: WireRequest): Asked {
  const { body, scan } = request
  if (scan.kind !== 'object')
    throw new PurserError('invalid_request', 'The body is no JSON object.', { hint: 'Send an object with "model" in it.' })
  refuseDestinations(scan)
  const model = memberValue(body, scan, 'model')
  if (typeof model !== 'string' || model === '' || model.length > longestName) {
    const what = model === undefined ? 'is missing' : 'is no text of 1 to 512 characters'
    throw new PurserError('invalid_request', `The field "model" ${what}. Name a profile, or "provider/model".`, { field: 'model' })
  }
  const stream = memberValue(body, scan, 'stream') ?? false
  if (typeof stream !== 'boolean')
    throw new PurserError('invalid_request', 'The field "stream" is neither true nor false.', { field: 'stream' })
  return { model, stream }
}

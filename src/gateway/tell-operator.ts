/** Failures whose whole reason is for the operator alone: the log has what the caller is not told. */

import type { PurserError } from '../core/errors.ts'
import type { Log } from './deps.ts'

export function tellOperator(log: Log, requestId: string, error: PurserError): void {
  if (error.kind !== 'internal' && error.told === undefined) return
  log.error({ requestId, err: error.cause ?? error }, error.message)
}

/** An error in the shape that a caller's contract gives to errors. */

import type { ContractId } from '../contracts/contract.ts'
import { contractOf } from '../contracts/index.ts'
import type { PurserError } from '../core/errors.ts'
import type { Fault } from '../core/wire.ts'

export function encodeFault(contract: ContractId, error: PurserError, requestId: string): Fault {
  const shape = contractOf(contract) ?? contractOf('openai-chat')!
  return shape.codec().encodeError(error, requestId)
}

/** The conversation of messages, turn by turn. */

import type { Message } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import { objectsIn, type Placed, type Reading, textIn, warnOfStrangers } from '../fields.ts'
import { answerBlocks, textBlocks, userBlocks } from './decode-blocks.ts'

export function decodeMessages(body: JsonObject, reading: Reading): readonly Message[] {
  if (body.messages === undefined || body.messages === null) throw reading.refuse('messages', 'is missing')
  return objectsIn(body, 'messages', '', reading).map((placed) => {
    const role = textIn(placed.value, 'role', placed.path, reading)
    if (role === undefined || !Object.hasOwn(roles, role))
      throw reading.refuse(`${placed.path}.role`, `is none of ${Object.keys(roles).join(', ')}`)
    warnOfStrangers(placed.value, members, placed.path, reading.warn)
    return roles[role]!(placed, reading)
  })
}

const members: ReadonlySet<string> = new Set(['role', 'content'])

const roles: Readonly<Record<string, (placed: Placed, reading: Reading) => Message>> = {
  user: ({ value, path }, reading) => ({ role: 'user', parts: userBlocks(value, path, reading) }),
  assistant: ({ value, path }, reading) => ({ role: 'assistant', parts: answerBlocks(value, path, reading) }),
  system: ({ value, path }, reading) => ({ role: 'system', parts: textBlocks(value, 'content', path, reading) }),
}

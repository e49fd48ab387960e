/** Tools of a chat completion, and the choice among them. */

import type { Tool, ToolChoice } from '../../core/call.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { markIn } from '../cache-marks.ts'
import { flagIn, needed, objectIn, objectsIn, type Reading, textIn, warnOfStrangers } from '../fields.ts'
import { present } from '../present.ts'

const toolMembers: ReadonlySet<string> = new Set(['type', 'function', 'cache_control'])
const functionMembers: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict'])

/** Functions only: a tool that a provider runs, or whose arguments are no JSON, exists nowhere else. */
export function decodeTools(body: JsonObject, reading: Reading): readonly Tool[] {
  const tools: Tool[] = []
  for (const { value, path } of objectsIn(body, 'tools', '', reading)) {
    if (value.type !== 'function' && value.type !== undefined) {
      reading.warn({ field: `${path}.type`, reason: 'only functions are translated' })
      continue
    }
    warnOfStrangers(value, toolMembers, path, reading.warn)
    const inner = `${path}.function`
    const said = needed(objectIn(value, 'function', path, reading), 'function', path, reading)
    warnOfStrangers(said, functionMembers, inner, reading.warn)
    tools.push(
      present({
        name: needed(textIn(said, 'name', inner, reading), 'name', inner, reading),
        description: textIn(said, 'description', inner, reading),
        parameters: objectIn(said, 'parameters', inner, reading) ?? { type: 'object', properties: {} },
        strict: flagIn(said, 'strict', inner, reading),
        cache: markIn(value, path, reading.warn),
      }),
    )
  }
  return tools
}

const words: Readonly<Record<string, ToolChoice>> = { auto: { type: 'auto' }, none: { type: 'none' }, required: { type: 'required' } }

/** Where no tool was left, there is nothing to choose among, and a provider would refuse the choice. */
export function decodeChoice(body: JsonObject, hasTools: boolean, reading: Reading): ToolChoice | undefined {
  const choice = choiceOf(body.tool_choice, reading)
  if (choice === undefined || hasTools) return choice
  if (choice.type !== 'none' && choice.type !== 'auto') reading.warn({ field: 'tool_choice', reason: 'there is no tool to choose' })
  return undefined
}

function choiceOf(said: Json | undefined, reading: Reading): ToolChoice | undefined {
  if (said === undefined || said === null) return undefined
  if (typeof said === 'string' && Object.hasOwn(words, said)) return words[said]
  const called = isObject(said) && said.type === 'function' ? objectIn(said, 'function', 'tool_choice', reading) : undefined
  if (called)
    return { type: 'tool', name: needed(textIn(called, 'name', 'tool_choice.function', reading), 'name', 'tool_choice.function', reading) }
  reading.warn({ field: 'tool_choice', reason: 'only auto, none, required and one function are translated' })
  return undefined
}

/** Tools of messages, and the choice among them. */

import type { Tool, ToolChoice } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import { markIn } from '../cache-marks.ts'
import { flagIn, needed, objectIn, objectsIn, type Reading, textIn, warnOfStrangers } from '../fields.ts'
import { present } from '../present.ts'
import { providerBlock } from './words.ts'

const toolMembers: ReadonlySet<string> = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control'])
const choiceMembers: ReadonlySet<string> = new Set(['type', 'name', 'disable_parallel_tool_use'])

/** A tool of a type of its own is one that the provider runs. */
export function decodeTools(body: JsonObject, reading: Reading): readonly Tool[] {
  const tools: Tool[] = []
  for (const { value, path } of objectsIn(body, 'tools', '', reading)) {
    const type = textIn(value, 'type', path, reading)
    if (type !== undefined && type !== 'custom') {
      reading.warn({ field: `${path}.type`, reason: providerBlock })
      continue
    }
    warnOfStrangers(value, toolMembers, path, reading.warn)
    tools.push(
      present({
        name: needed(textIn(value, 'name', path, reading), 'name', path, reading),
        description: textIn(value, 'description', path, reading),
        parameters: objectIn(value, 'input_schema', path, reading) ?? { type: 'object', properties: {} },
        strict: flagIn(value, 'strict', path, reading),
        cache: markIn(value, path, reading.warn),
      }),
    )
  }
  return tools
}

const words: Readonly<Record<string, ToolChoice>> = { auto: { type: 'auto' }, none: { type: 'none' }, any: { type: 'required' } }

/** Where no tool was left, there is nothing to choose among, and a provider would refuse the choice. */
export function decodeChoice(body: JsonObject, hasTools: boolean, reading: Reading): ToolChoice | undefined {
  const said = objectIn(body, 'tool_choice', '', reading)
  if (!said) return undefined
  warnOfStrangers(said, choiceMembers, 'tool_choice', reading.warn)
  const type = textIn(said, 'type', 'tool_choice', reading) ?? ''
  if (!hasTools) {
    if (type !== 'none' && type !== 'auto') reading.warn({ field: 'tool_choice', reason: 'there is no tool to choose' })
    return undefined
  }
  if (Object.hasOwn(words, type)) return words[type]
  if (type === 'tool') return { type, name: needed(textIn(said, 'name', 'tool_choice', reading), 'name', 'tool_choice', reading) }
  reading.warn({ field: 'tool_choice.type', reason: 'unknown choice' })
  return undefined
}

export function parallelOf(body: JsonObject, reading: Reading): boolean | undefined {
  const said = objectIn(body, 'tool_choice', '', reading)
  const disabled = said && flagIn(said, 'disable_parallel_tool_use', 'tool_choice', reading)
  return disabled === undefined ? undefined : !disabled
}

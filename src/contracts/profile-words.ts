/** Words of a profile's parameters that no wire knows: `effort`, `thinking`, `verbosity`, `speed`. Spelled as this provider wants them, or left out where it has no word for them. */

import type { Effort, Reasoning } from '../core/call.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { memberOf, type Scan } from '../core/scan.ts'
import type { Dialect } from './dialect.ts'
import { wishFor } from './reasoning.ts'

const efforts: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] satisfies Effort[]
const reasoningFields = ['thinking', 'output_config', 'reasoning_effort', 'reasoning'] as const

export type Words = {
  readonly scan: Scan
  readonly dialect: Dialect
  /** The output cap of the request, if it has one: a budget for reasoning must fit into it. */
  readonly cap: number | undefined
  /** The one of `verbosity` and `speed` that the contract has itself. */
  readonly has: 'verbosity' | 'speed'
}

/** The parameters as fields of this wire. Anything that is no such word stays as it is. */
export function spelledParams(params: Readonly<Record<string, Json>>, { scan, dialect, cap, has }: Words): JsonObject {
  const { effort, thinking, verbosity, speed, ...rest } = params
  const wordless: JsonObject = {
    ...rest,
    ...(effort === undefined || isEffort(effort) ? {} : { effort }),
    ...(thinking === undefined || isSwitch(thinking) ? {} : { thinking }),
    ...(verbosity === undefined || has !== 'verbosity' ? {} : { verbosity }),
    ...(speed === undefined || speed === 'standard' || has !== 'speed' ? {} : { speed }),
  }
  const asked = askedFor(effort, thinking)
  if (asked === undefined || reasoningFields.some((name) => memberOf(scan, name) !== undefined)) return wordless
  const { fields, thinks, budget } = wishFor(asked, dialect.reasoning, () => undefined)
  const stands = !thinks || !dialect.reasoning.excludes.some((name) => memberOf(scan, name) !== undefined)
  if (!stands || (budget > 0 && cap !== undefined && cap <= budget)) return wordless
  const { excludes } = dialect.reasoning
  const beside = Object.fromEntries(Object.entries(wordless).filter(([name]) => !(thinks && excludes.includes(name))))
  return { ...beside, ...fields }
}

function isEffort(value: Json): value is Effort {
  return typeof value === 'string' && efforts.includes(value)
}

/** On, off, or so many tokens. What has a `type` is some wire's own. */
function isSwitch(value: Json): value is JsonObject {
  return isObject(value) && value.type === undefined
}

function askedFor(effort: Json | undefined, thinking: Json | undefined): Reasoning | undefined {
  const { enabled, budget_tokens: budget } = thinking !== undefined && isSwitch(thinking) ? thinking : ({} as JsonObject)
  const wished = effort !== undefined && isEffort(effort) ? effort : undefined
  if (enabled === false || wished === 'none') return { effort: 'none' }
  if (typeof budget === 'number') return { ...(wished === undefined ? {} : { effort: wished }), budgetTokens: budget }
  if (wished !== undefined) return { effort: wished }
  return enabled === true ? { effort: 'medium' } : undefined
}

/** The wish for reasoning, as each provider spells it: an effort, a budget, or a switch. */

import type { Effort, Reasoning, Warn } from '../core/call.ts'
import type { JsonObject } from '../core/json.ts'
import type { Dialect } from './dialect.ts'

export type ReasoningDialect = Dialect['reasoning']
type Fields = Readonly<Record<string, string | JsonObject>>

/** What a wish that is heard becomes, and whether the model will think because of it. */
export type Wish = { readonly fields: Fields; readonly thinks: boolean; readonly budget: number }

const nothing: Wish = { fields: {}, thinks: false, budget: 0 }

/** Tokens for an effort where only a budget can be said, and the budgets up to which an effort is meant where only that can. */
const budgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
}

export function wishFor(asked: Reasoning | undefined, dialect: ReasoningDialect, warn: Warn): Wish {
  if (asked === undefined) return nothing
  if (asked.effort === 'none') {
    if (asked.adaptive || asked.budgetTokens !== undefined)
      warn({ field: 'reasoning', reason: 'it asks for none and for some; none was asked for' })
    return dialect.where === 'nowhere' ? nothing : { ...nothing, fields: off(dialect) }
  }
  return spellings[dialect.where](asked, dialect, warn)
}

function off(dialect: ReasoningDialect): Fields {
  if (dialect.off === 'omit') return {}
  if (dialect.off === 'disabled')
    return dialect.where === 'reasoning.effort' ? { reasoning: { enabled: false } } : { thinking: { type: 'disabled' } }
  return placed(dialect, wordOf('none', dialect))
}

type Spelling = (asked: Reasoning, dialect: ReasoningDialect, warn: Warn) => Wish

const spellings: { readonly [W in ReasoningDialect['where']]: Spelling } = {
  reasoning_effort: (asked, dialect, warn) => {
    const effort = asked.effort ?? effortOf(asked.budgetTokens, warn)
    if (asked.adaptive) warn({ field: 'reasoning.adaptive', reason: 'this provider has efforts only' })
    if (asked.effort !== undefined && asked.budgetTokens !== undefined) warn(unsaidBudget)
    return effort === undefined ? nothing : thinking(placed(dialect, wordOf(effort, dialect)))
  },
  'reasoning.effort': (asked, dialect, warn) => {
    if (asked.effort === undefined && asked.budgetTokens !== undefined) return thinking({ reasoning: { max_tokens: asked.budgetTokens } })
    if (asked.budgetTokens !== undefined) warn(unsaidBudget)
    if (asked.effort !== undefined && asked.adaptive) warn({ field: 'reasoning.adaptive', reason: 'the effort says it' })
    return thinking(asked.effort === undefined ? { reasoning: { enabled: true } } : placed(dialect, wordOf(asked.effort, dialect)))
  },
  'output_config.effort': (asked, dialect, warn) => {
    const { effort, budgetTokens } = asked
    const adapts = asked.adaptive === true || (dialect.adaptive && budgetTokens === undefined)
    if (adapts && budgetTokens !== undefined) warn(unsaidBudget)
    const switched = adapts
      ? { type: 'adaptive' }
      : budgetTokens === undefined
        ? undefined
        : { type: 'enabled', budget_tokens: budgetTokens }
    const fields = {
      ...(switched === undefined ? {} : { thinking: switched }),
      ...(effort === undefined ? {} : placed(dialect, wordOf(effort, dialect))),
    }
    return { fields, thinks: switched !== undefined, budget: adapts ? 0 : (budgetTokens ?? 0) }
  },
  thinking_budget: (asked, dialect, warn) => {
    const { effort, budgetTokens } = asked
    if (effort !== undefined && budgetTokens !== undefined) warn({ field: 'reasoning.effort', reason: 'the budget says it' })
    if (asked.adaptive) warn({ field: 'reasoning.adaptive', reason: 'this provider has budgets only; one is set' })
    const budget = budgetTokens ?? budgetOf(effort ?? 'medium', dialect)
    if (budgetTokens === undefined && effort !== undefined)
      warn({ field: 'reasoning.effort', reason: 'this provider has budgets only; one is set' })
    return { fields: { thinking: { type: 'enabled', budget_tokens: budget } }, thinks: true, budget }
  },
  thinking: (asked, _dialect, warn) => {
    if (asked.effort !== undefined) warn({ field: 'reasoning.effort', reason: 'this provider can only turn reasoning on or off; it is on' })
    if (asked.budgetTokens !== undefined) warn(unsaidBudget)
    if (asked.adaptive) warn({ field: 'reasoning.adaptive', reason: 'this provider can only turn reasoning on or off; it is on' })
    return thinking({ thinking: { type: 'enabled' } })
  },
  nowhere: (_asked, _dialect, warn) => {
    warn({ field: 'reasoning', reason: 'this model cannot be asked to reason' })
    return nothing
  },
}

const unsaidBudget = { field: 'reasoning.budget_tokens', reason: 'this provider takes no budget beside this' } as const

function thinking(fields: Fields): Wish {
  return { fields, thinks: true, budget: 0 }
}

function placed(dialect: ReasoningDialect, word: string): Fields {
  if (dialect.where === 'reasoning.effort') return { reasoning: { effort: word } }
  return dialect.where === 'output_config.effort' ? { output_config: { effort: word } } : { reasoning_effort: word }
}

function wordOf(effort: Effort, dialect: ReasoningDialect): string {
  return String(dialect.efforts[effort] ?? effort)
}

function budgetOf(effort: Effort, dialect: ReasoningDialect): number {
  const said = dialect.efforts[effort]
  return typeof said === 'number' ? said : budgets[effort]
}

function effortOf(budget: number | undefined, warn: Warn): Effort | undefined {
  if (budget === undefined) return undefined
  const effort = budget <= budgets.low ? 'low' : budget <= budgets.medium ? 'medium' : 'high'
  warn({ field: 'reasoning.budget_tokens', reason: `this provider has efforts only; ${effort} was asked for` })
  return effort
}

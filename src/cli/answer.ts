/** Prints what an operation answered, in the output that was asked for, with what a person should be told beside it. */

import type { Operation } from '../control/operation.ts'
import type { Json } from '../core/json.ts'
import { changedLines, readChange, tellChange } from './changed.ts'
import type { Ending } from './exit-codes.ts'
import { commandOf } from './how-to-start.ts'
import type { CommonOptions, Output } from './options.ts'
import { csvText, jsonLines, jsonText } from './output.ts'
import { isList, renderAnswer } from './render.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'
import { views } from './views.ts'

export function printAnswer(operation: Operation, answer: Json, options: CommonOptions, terminal: Terminal, ending: Ending): void {
  const view = views[operation.name]
  const items = isList(answer) ? answer.items : [answer]
  const texts: Readonly<Record<Output, () => string>> = {
    json: () => jsonText(answer),
    jsonl: () => jsonLines(items),
    csv: () => csvText(view?.rows?.(answer) ?? items),
    table: () => page(operation, answer, options, terminal),
  }
  const quiet = options.quiet && options.output === 'table'
  terminal.out(quiet ? (view?.quiet?.(answer) ?? idsOf(items)) : texts[options.output]())
  if (options.output === 'table') {
    const change = readChange(answer)
    if (change !== undefined) tellChange(change.told, terminal)
    if (!quiet) terminal.err(view?.note?.(answer) ?? '')
  }
  if (isList(answer) && answer.next !== null && options.output !== 'json' && !options.quiet)
    terminal.err(`There are more. Go on with:  --cursor ${String(answer.next)}\n`)
  ending.exitCode = view?.exitCode?.(answer) ?? 0
}

function page(operation: Operation, answer: Json, options: CommonOptions, terminal: Terminal): string {
  const own = views[operation.name]?.render
  if (own !== undefined) return `${own(answer, terminal, commandOf(options))}\n`
  const change = readChange(answer)
  if (change === undefined) return `${renderAnswer(operation, answer, terminal)}\n`
  const lines = changedLines(change.told).map(printable)
  return [renderAnswer(operation, change.thing, terminal), ...(lines.length === 0 ? [] : ['', ...lines])]
    .map((line) => `${line}\n`)
    .join('')
}

function idsOf(items: readonly Json[]): string {
  const ids = items
    .map((thing) => (typeof thing === 'object' && thing !== null && 'id' in thing ? String(thing.id) : ''))
    .filter((id) => id !== '')
  return ids.length === 0 ? '' : `${ids.join('\n')}\n`
}

/** What a change was, as a page: who made it, and field by field what it moved. */

import { auditGet } from '../control/nouns/audit.ts'
import { stateDiff } from '../control/state/state.ts'
import type { Json } from '../core/json.ts'
import { movedLines } from './changed.ts'
import { renderAnswer, renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

export function renderAudit(answer: Json, terminal: Terminal): string {
  const { before, after, ...about } = auditGet.output.parse(answer)
  const lines = movedLines(about.target_kind, about.target ?? about.target_id, before, after)
  return [renderAnswer(auditGet, about, terminal), ...(lines.length === 0 ? [] : ['', ...lines])].join('\n')
}

/** What is made is a line; what moves is said field by field too. */
export function renderDiff(answer: Json, terminal: Terminal): string {
  const { items } = stateDiff.output.parse(answer)
  if (items.length === 0) return 'Nothing would change.'
  const lines = items
    .filter(({ action }) => action === 'update')
    .flatMap(({ kind, name, before, after }) => movedLines(kind, name, before, after))
  return [renderItems(stateDiff.columns, items, terminal), ...(lines.length === 0 ? [] : ['', ...lines])].join('\n')
}

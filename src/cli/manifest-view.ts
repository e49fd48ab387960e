/** A merge of the manifest as a person reads it: its lines, what waits for a decision, and the command that settles it. */

import type { z } from 'zod'
import { manifestPlan } from '../control/manifest/manifest.ts'
import { manifestApply, manifestResolve, manifestUndo } from '../control/manifest/manifest-write.ts'
import type { Json } from '../core/json.ts'
import { renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

type Line = z.output<typeof manifestPlan.output>['items'][number]

export function renderManifestPlan(answer: Json, terminal: Terminal, command: string): string {
  const { state, revision, stored_revision, items, decisions } = manifestPlan.output.parse(answer)
  const heads = {
    newer: `Revision ${revision} is newer than ${stored_revision}, which was merged last.`,
    current: `Revision ${revision} is merged.`,
    older: `Revision ${revision} is older than ${stored_revision}, which was merged here: it changes nothing.`,
  }
  const lines = items.length === 0 ? '' : renderLines(items, terminal)
  return parts([heads[state], lines, decisions === 0 ? 'Nothing waits for a decision.' : waiting(items, terminal, command)])
}

export function manifestPlanExitCode(answer: Json): number {
  return manifestPlan.output.parse(answer).decisions === 0 ? 0 : 8
}

export function renderManifestApply(answer: Json, terminal: Terminal, command: string): string {
  const { applied, waits, dry_run } = manifestApply.output.parse(answer)
  const head = applied.length === 0 ? 'Nothing changed.' : `${dry_run ? 'This would change' : 'This changed'}:`
  const lines = applied.length === 0 ? '' : renderLines(applied, terminal)
  return parts([head, lines, waiting(waits, terminal, command)])
}

export function renderManifestResolve(answer: Json): string {
  const { resolved, take, waits } = manifestResolve.output.parse(answer)
  return `${resolved.row} ${resolved.field}: ${take} stands. ${waits === 0 ? 'Nothing else waits.' : `${waits} more wait.`}`
}

export function renderManifestUndo(answer: Json, terminal: Terminal): string {
  const { restored, left } = manifestUndo.output.parse(answer)
  const back = restored.map(({ row, fields }) => (fields.length === 0 ? `${row} is removed again.` : `${row}: ${fields.join(', ')}`))
  return parts([
    back.length === 0 ? 'Nothing of it still stands.' : back.join('\n'),
    left.length === 0 ? '' : `Left as it is:\n${renderItems(manifestUndo.columns, left, terminal)}`,
  ])
}

/** A value that is null is not the same as none. */
function renderLines(items: readonly Line[], terminal: Terminal): string {
  const rows = items.map(({ base, ours, theirs, field, ...line }) => {
    const shown = (value: Json | undefined) => (field === null ? '' : value === undefined ? 'default' : value === null ? 'null' : value)
    return { ...line, field, base: shown(base), ours: shown(ours), theirs: shown(theirs) }
  })
  return renderItems(manifestPlan.columns, rows, terminal)
}

/** One command for each kind of decision there is. */
function waiting(items: readonly Line[], terminal: Terminal, command: string): string {
  const decisions = items.filter(({ decision }) => decision)
  if (decisions.length === 0) return ''
  const [consent, other] = [decisions.find(({ action }) => action === 'held'), decisions.find(({ action }) => action !== 'held')]
  return [
    terminal.paint('yellow', decisions.length === 1 ? 'One line waits for a decision.' : `${decisions.length} lines wait for a decision.`),
    ...(other === undefined ? [] : [`  ${command} manifest resolve ${other.row} ${quoted(other.field)} --take ours`]),
    ...(consent === undefined ? [] : [`  ${command} manifest apply --accept ${consent.row}.${consent.field}`]),
  ].join('\n')
}

function quoted(field: string | null): string {
  return field?.includes('"') ? `'${field}'` : (field ?? '')
}

function parts(some: readonly string[]): string {
  return some.filter((part) => part !== '').join('\n\n')
}

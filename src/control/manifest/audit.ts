/** What a merge did to each row, for the audit log: the fields that moved, and what `purser manifest undo` needs to take them back. */

import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { json } from '../../core/nouns.ts'
import type { Touched } from '../change.ts'
import { type Path, sameValue, type Value, valueAt } from '../merge.ts'
import { moved } from '../patch.ts'
import { redacted } from '../redacted.ts'
import { nameOf } from './items.ts'
import type { ThingChange } from './plan.ts'

/** What an audit entry keeps of a merge. A write without `before` or `after`: nothing stood or stands there. `hidden`: values that no log may keep. */
export const mergeUndo = z.object({
  operation: z.literal('manifest.undo'),
  input: z.object({ revision: z.int() }),
  created: z.boolean(),
  writes: z.array(z.object({ path: z.array(z.string()), before: json.optional(), after: json.optional() })),
  hidden: z.array(z.array(z.string())),
})

/** One entry for each row that changes. A base that moves by itself changes nothing that anybody sees. */
export function mergeTouches(revision: number, changes: readonly ThingChange[]): readonly Touched[] {
  return changes.flatMap(({ before, after }) => {
    const touched = { kind: after.kind, id: after.id, name: nameOf(before ?? after) }
    const undo = { operation: 'manifest.undo', input: { revision }, created: before === null, writes: [], hidden: [] }
    if (before === null) return [{ ...touched, before: {}, after: after.fields, undo }]
    const writes = differences(before.fields, after.fields, [])
    if (writes.length === 0) return []
    const isHidden = ({ path }: Write) => [before, after].some(({ fields }) => hides(fields, path))
    const kept = writes.filter((write) => !isHidden(write)).map((write) => JSON.parse(JSON.stringify(write)) as Json)
    const hidden = writes.filter(isHidden).map(({ path }) => path)
    return [{ ...touched, ...moved(before.fields, after.fields), undo: { ...undo, writes: kept, hidden } }]
  })
}

type Write = { readonly path: Path; readonly before: Value; readonly after: Value }

/** The paths at which two values differ: those of single keys where both are objects. */
function differences(before: Value, after: Value, path: Path): readonly Write[] {
  if (sameValue(before, after)) return []
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => differences(valueAt(before, [key]), valueAt(after, [key]), [...path, key]))
}

function hides(fields: JsonObject, path: Path): boolean {
  return !sameValue(valueAt(fields, path), valueAt(redacted(fields), path))
}

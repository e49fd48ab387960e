/** Statements compiled once a shape: what repeats from call to call stands in them as literals, so that few values travel to the writer. */

import type { TableName } from '../store/schema.ts'
import type { SqlValue, Template, Writer } from '../store/store.ts'

/** At most this many shapes of a table are compiled; rarer ones share one statement that binds every column. */
const shapesPerTable = 256

type Shape = { readonly template: Template; readonly bindsFixed: boolean }

export type Shapes = { template(fixed: readonly SqlValue[]): Shape }

/** The compiled inserts of one table. `fixed` columns repeat, `varying` ones do not. */
export function shapesOf(writer: Writer, table: TableName, fixed: readonly string[], varying: readonly string[]): Shapes {
  const known = new Map<string, Shape & { readonly values: readonly SqlValue[] }>()
  /** The shapes asked for last: comparing values with them is cheaper than joining the values to a name. */
  const recent: (Shape & { readonly values: readonly SqlValue[] })[] = []
  let general: Shape | undefined
  return {
    template(values) {
      for (const shape of recent) if (isSame(shape.values, values)) return shape
      const name = values.join('\u0000')
      const found = known.get(name)
      // Two shapes may join to one text, as null and '' do.
      if (found && isSame(found.values, values)) return remember(recent, found)
      if (found || known.size >= shapesPerTable) {
        general ??= { template: writer.insertTemplate(table, [...varying, ...fixed]), bindsFixed: true }
        return general
      }
      const literals = Object.fromEntries(fixed.map((column, index) => [column, values[index] ?? null]))
      const made = { template: writer.insertTemplate(table, varying, literals), bindsFixed: false, values }
      known.set(name, made)
      return remember(recent, made)
    },
  }
}

const recentShapes = 4

function remember<T>(recent: T[], shape: T): T {
  recent.unshift(shape)
  if (recent.length > recentShapes) recent.pop()
  return shape
}

function isSame(some: readonly SqlValue[], others: readonly SqlValue[]): boolean {
  for (let index = 0; index < some.length; index += 1) if (some[index] !== others[index]) return false
  return true
}

/** One row through its shape: the literals are left out where the statement already has them. */
export function write(
  shapes: Shapes,
  fixed: readonly SqlValue[],
  varying: readonly SqlValue[],
): { template: Template; values: readonly SqlValue[] } {
  const { template, bindsFixed } = shapes.template(fixed)
  return { template, values: bindsFixed ? [...varying, ...fixed] : varying }
}

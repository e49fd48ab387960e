/** Statements compiled once a shape: what repeats from call to call stands in them as literals, so that few values travel to the writer. */

import type { TableName } from '../store/schema.ts'
import type { SqlValue, Template, Writer } from '../store/store.ts'

/** At most this many shapes of a table are compiled; rarer ones share one statement that binds every column. */
const shapesPerTable = 256

export type Shapes = { template(fixed: readonly SqlValue[]): { readonly template: Template; readonly bindsFixed: boolean } }

/** The compiled inserts of one table. `fixed` columns repeat, `varying` ones do not. */
export function shapesOf(writer: Writer, table: TableName, fixed: readonly string[], varying: readonly string[]): Shapes {
  const known = new Map<string, { readonly template: Template; readonly bindsFixed: boolean }>()
  let general: { readonly template: Template; readonly bindsFixed: boolean } | undefined
  return {
    template(values) {
      const shape = values.join('\u0000')
      const found = known.get(shape)
      if (found) return found
      if (known.size >= shapesPerTable) {
        general ??= { template: writer.insertTemplate(table, [...varying, ...fixed]), bindsFixed: true }
        return general
      }
      const literals = Object.fromEntries(fixed.map((column, index) => [column, values[index] ?? null]))
      const made = { template: writer.insertTemplate(table, varying, literals), bindsFixed: false }
      known.set(shape, made)
      return made
    },
  }
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

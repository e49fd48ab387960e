/** The wording of schema facts, so that both engines' readers and the schema value say the same thing in the same letters. */

import { createHash } from 'node:crypto'

export function columnFact(storage: string, nullable: boolean, preset: string | undefined): string {
  return `${storage} ${nullable ? 'null' : 'not null'}${preset === undefined ? '' : ` default ${expression(preset)}`}`
}

export function indexFact(on: readonly string[], where: string | undefined): string {
  return `${on.map(expression).join(', ')}${where === undefined ? '' : ` where ${expression(where)}`}`
}

export function foreignKeyName(table: string, columns: readonly string[]): string {
  return `foreign key ${table} (${columns.join(', ')})`
}

export function foreignKeyFact(table: string, columns: readonly string[], rule: string): string {
  return `${table} (${columns.join(', ')}) ${rule}`
}

export function functionFact(body: string, settings: readonly string[]): string {
  return digest(`${body}\n${settings.join('\n')}`)
}

export function digest(text: string): string {
  return createHash('sha256').update(text.replace(/\s+/g, ' ').trim()).digest('hex').slice(0, 16)
}

/** An expression without what an engine adds of its own: casts, spaces, capitals and outer brackets. Text in quotes stays as it is. */
function expression(sql: string): string {
  const bare = sql.replace(/'[^']*'|::\w+( varying)?|\s+|[^'\s:]+/g, (part) =>
    part.startsWith("'") ? part : part.startsWith('::') ? '' : part.trim().toLowerCase(),
  )
  return bare.startsWith('(') && bare.endsWith(')') ? bare.slice(1, -1) : bare
}

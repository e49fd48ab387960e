/** The last hand on a request's parameters: what this provider refuses is taken out, what it calls otherwise is renamed. */

import { createHash } from 'node:crypto'
import type { Warn } from '../core/call.ts'
import type { Json } from '../core/json.ts'
import { memberOf, type Scan } from '../core/scan.ts'
import type { Dialect } from './dialect.ts'
import { type Edit, renameMember } from './edits.ts'

export type Parameters = Readonly<Record<string, Json | undefined>>

/** `thinks`: the request asks for reasoning, beside which some parameters are refused. What is undefined is not there. */
export function spelled(parameters: Parameters, dialect: Dialect, thinks: boolean, warn: Warn): Record<string, Json> {
  const kept: [string, Json][] = []
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    const excluded = thinks && dialect.reasoning.excludes.includes(name)
    if (excluded) warn({ field: name, reason: 'this provider refuses it beside reasoning' })
    else if (dialect.drop.includes(name)) warn({ field: name, reason: 'this provider does not take it' })
    else kept.push([wordFor(name, dialect), value])
  }
  return Object.fromEntries(kept)
}

/** A relayed request keeps what its caller said, under the names that this provider has for it. */
export function renamed(scan: Scan, dialect: Dialect): Edit[] {
  return Object.entries(dialect.rename).flatMap(([name, other]) => renameMember(scan, name, other))
}

/** What a profile may fill in: nothing that this provider refuses or that the caller has said under its published name. */
export function filledIn(fields: Readonly<Record<string, Json>>, scan: Scan, dialect: Dialect): Record<string, Json> {
  const free = Object.entries(fields).filter(([name]) => !dialect.drop.includes(name) && memberOf(scan, name) === undefined)
  return Object.fromEntries(free.map(([name, value]) => [wordFor(name, dialect), value]))
}

/** An end user's id within the length that is allowed. */
export function fittedUser(user: string | undefined, dialect: Dialect, warn: Warn): string | undefined {
  if (user === undefined || dialect.longestUser === null || user.length <= dialect.longestUser) return user
  warn({ field: 'user', reason: `it is longer than ${dialect.longestUser} characters; a digest of it was sent` })
  return createHash('sha256').update(user).digest('hex').slice(0, dialect.longestUser)
}

export function fittedTemperature(temperature: number | undefined, dialect: Dialect, warn: Warn): number | undefined {
  const { highestTemperature: highest } = dialect
  if (temperature === undefined || highest === null || temperature <= highest) return temperature
  warn({ field: 'temperature', reason: `${highest} is the highest here, and was sent` })
  return highest
}

/** A name that the table itself holds: callers send names such as `constructor`. */
function wordFor(name: string, { rename }: Dialect): string {
  return Object.hasOwn(rename, name) ? rename[name]! : name
}

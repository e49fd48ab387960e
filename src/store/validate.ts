/** What is right or wrong with a database's schema: one finding, said in one sentence with one command. */

import { PurserError } from '../core/errors.ts'
import type { Executor } from './engine.ts'
import { type Differences, differences, expectedFingerprint, fingerprint } from './fingerprint.ts'
import { registry as ours } from './migrations/index.ts'
import { type MigrationRecord, readStanding, type Standing } from './records.ts'
import type { Registered } from './registry.ts'

export type Finding =
  | { readonly type: 'clean'; readonly additional: readonly string[] }
  | { readonly type: 'pending'; readonly ids: readonly string[] }
  | { readonly type: 'failed'; readonly id: string; readonly error: string }
  /** A later release was here and changed nothing that this one relies on. */
  | { readonly type: 'newer_compatible'; readonly ids: readonly string[]; readonly release: string; readonly additional: readonly string[] }
  | { readonly type: 'newer'; readonly id: string; readonly release: string; readonly target: string }
  | { readonly type: 'branch'; readonly id: string; readonly release: string; readonly target: string }
  | { readonly type: 'edited'; readonly id: string; readonly target: string }
  | { readonly type: 'drift'; readonly problems: readonly string[] }
  | { readonly type: 'foreign'; readonly tables: readonly string[] }

/** Reads the records, and where they are complete the whole schema. */
export async function validate(executor: Executor, registry: readonly Registered[] = ours): Promise<Finding> {
  const finding = judge(registry, await readStanding(executor))
  if (finding.type !== 'clean' && finding.type !== 'newer_compatible') return finding
  return judgeSchema(finding, differences(expectedFingerprint(executor.engine), await fingerprint(executor)))
}

/** What the records alone say. Pure. */
export function judge(registry: readonly Registered[], { tables, records }: Standing): Finding {
  if (tables.length > 0 && !tables.includes('migrations')) return { type: 'foreign', tables }
  const stranger = records.find(({ state }) => state !== 'applied' && state !== 'failed')
  if (stranger !== undefined) return { type: 'drift', problems: [`migration ${stranger.id} has the unknown state "${stranger.state}"`] }

  const applied = records.filter(({ state }) => state === 'applied')
  const outOfPlace = applied.findIndex(({ id }, index) => id !== registry[index]?.id)
  const common = outOfPlace === -1 ? applied.length : outOfPlace
  const edited = applied.slice(0, common).findIndex(({ checksum }, index) => checksum !== registry[index]?.checksum)
  const target = registry[common - 1]?.id ?? 'none'
  const first = applied[common]
  if (first !== undefined && common < registry.length) return { type: 'branch', id: first.id, release: first.release, target }
  if (edited !== -1) return { type: 'edited', id: registry[edited]!.id, target: registry[edited - 1]?.id ?? 'none' }
  if (first !== undefined) return judgeNewer(applied.slice(common), target)

  const failed = records.find(({ id, state }) => state === 'failed' && registry.some((known) => known.id === id))
  if (failed !== undefined) return { type: 'failed', id: failed.id, error: failed.error ?? '' }
  const pending = registry.slice(common).map(({ id }) => id)
  return pending.length > 0 ? { type: 'pending', ids: pending } : { type: 'clean', additional: [] }
}

function judgeNewer(newer: readonly MigrationRecord[], target: string): Finding {
  const { release } = newer.at(-1)!
  const destructive = newer.findLast(({ effect }) => effect !== 'additive')
  if (destructive === undefined) return { type: 'newer_compatible', ids: newer.map(({ id }) => id), release, additional: [] }
  return { type: 'newer', id: destructive.id, release, target }
}

function judgeSchema(finding: Extract<Finding, { additional: readonly string[] }>, { missing, unequal, additional }: Differences): Finding {
  const problems = [...missing.map((fact) => `${fact} is missing`), ...unequal]
  return problems.length > 0 ? { type: 'drift', problems } : { ...finding, additional }
}

export type Advice = { readonly sentence: string; readonly command: string | null }

/** The finding for the person who must act. */
export function advise(finding: Finding): Advice {
  switch (finding.type) {
    case 'clean':
      return { sentence: 'The schema is as this release expects it.', command: null }
    case 'newer_compatible':
      return { sentence: `A later release has added ${finding.ids.join(', ')}, which this one can serve on.`, command: null }
    case 'pending':
      return {
        sentence: `The database lacks ${count(finding.ids.length, 'migration')}, from ${finding.ids[0]} on.`,
        command: 'purser migrate',
      }
    case 'failed':
      return {
        sentence: `Migration ${finding.id} has failed and was undone: ${finding.error}`,
        command: `purser migrate --only ${finding.id} --debug`,
      }
    case 'newer':
      return {
        sentence: `The database was changed by Purser ${finding.release} (${finding.id}), which this release does not know.`,
        command: `npx purser@${finding.release} migrate to ${finding.target}`,
      }
    case 'branch':
      return {
        sentence: `The database has migration ${finding.id}, which does not follow on ${finding.target} in this release.`,
        command: `npx purser@${finding.release} migrate to ${finding.target}`,
      }
    case 'edited':
      return {
        sentence: `Migration ${finding.id} is not the one that was applied to this database: its checksum differs.`,
        command: `purser migrate to ${finding.target}`,
      }
    case 'drift':
      return {
        sentence: `The schema is not what its migrations made: ${finding.problems[0]}${more(finding.problems.length)}.`,
        command: 'purser doctor schema',
      }
    case 'foreign':
      return {
        sentence: `The database holds tables that are not Purser's (${finding.tables.slice(0, 3).join(', ')}${more(Math.max(1, finding.tables.length - 2))}), and nothing was touched.`,
        command: 'purser serve --database <new file or schema>',
      }
  }
}

/** The finding as an error. Its code is `schema_` and the finding, its hint the command. */
export function refusal(finding: Finding): PurserError {
  const { sentence, command } = advise(finding)
  const details = finding.type === 'drift' ? { details: { problems: finding.problems } } : {}
  return new PurserError('conflict', sentence, {
    code: `schema_${finding.type}`,
    ...(command === null ? {} : { hint: command }),
    ...details,
  })
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function more(total: number): string {
  return total > 1 ? `, and ${total - 1} more` : ''
}

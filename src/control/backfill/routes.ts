/** Mixes and the default become routes, which refer to profiles and hold nothing of their own. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { modelName } from '../../core/nouns.ts'
import type { DefaultUnit } from './default-unit.ts'
import { cell, derived, note, want } from './notes.ts'
import { child, member, textIn } from './pointer.ts'
import { type Bodies, entriesOf } from './profiles.ts'
import type { Body, Reading } from './reading.ts'

export type Member = { readonly profile: string; readonly weight: number | null }
export type Mixes = ReadonlyMap<string, readonly Member[]>

/** The profile that holds the default where the file has no active one. */
export const defaultProfile = 'default-model'

export function readMixes(reading: Reading, bodies: Bodies): Mixes {
  const mixes = new Map<string, readonly Member[]>()
  for (const [name, value] of entriesOf(reading.config)) {
    if (!isObject(value) || !Object.hasOwn(value, 'mix')) continue
    const pointer = child('/llm/profiles', name)
    const members = membersOf(reading, value, bodies)
    if (!modelName.safeParse(name).success) note(reading.notes, 'undecided', pointer, 'name_not_allowed', { kind: 'route', name })
    else if (typeof members === 'string')
      note(reading.notes, members === 'mix_crosses' ? 'undecided' : 'refuse', pointer, members, { kind: 'route', name })
    else {
      const disabled = textIn(value, 'status') === 'disabled'
      const cells = {
        members: cell(members as unknown as Json, child(pointer, 'mix'), 'mix'),
        disabled: disabled ? cell(true, child(pointer, 'status'), 'status') : derived(false, pointer, 'status_unsaid'),
      }
      want(reading.notes, { kind: 'route', name, pointer, cells })
      mixes.set(name, members)
    }
  }
  return mixes
}

/** The members, or why there can be none. */
function membersOf(reading: Reading, body: JsonObject, bodies: Bodies): readonly Member[] | string {
  const mix = body.mix
  if (!Array.isArray(mix) || mix.length === 0) return 'mix_without_members'
  const members: Member[] = []
  for (const each of mix as readonly Json[]) {
    const profile = textIn(each, 'profile')
    const weight = member(each, 'weight')
    if (profile === undefined || !bodies.has(profile)) return isMix(reading, profile) ? 'mix_of_mixes' : 'mix_member_unusable'
    if (typeof weight !== 'number' || !(weight > 0)) return 'weight_not_positive'
    if (Object.keys(each as object).some((key) => key !== 'profile' && key !== 'weight')) return 'mix_member_unreadable'
    members.push({ profile, weight })
  }
  const scaled = wholeWeights(members.map(({ weight }) => weight!))
  if (scaled === undefined) return 'weight_too_fine'
  const targets = members.map(({ profile }) => bodies.get(profile)!.target)
  const sides = new Set(targets.map(({ local, paying }) => `${local} ${paying?.billing}`))
  return sides.size > 1 ? 'mix_crosses' : members.map(({ profile }, index) => ({ profile, weight: scaled[index]! }))
}

function isMix({ config }: Reading, name: string | undefined): boolean {
  const body = name === undefined ? undefined : member(member(member(config, 'llm'), 'profiles'), name)
  return isObject(body) && Object.hasOwn(body, 'mix')
}

/** Weights here are whole numbers; fractions are kept in proportion. */
function wholeWeights(weights: readonly number[]): readonly number[] | undefined {
  for (let factor = 1; factor <= 1_000_000; factor *= 10) {
    const scaled = weights.map((weight) => Math.round(weight * factor * 1e6) / 1e6)
    if (scaled.every((weight) => Number.isInteger(weight) && weight >= 1 && weight <= 1_000_000)) return scaled
  }
  return undefined
}

/** The name that callers send when they want the default. A dangling choice is never replaced by something else that exists. */
export function readDefault(reading: Reading, unit: DefaultUnit, bodies: Bodies, mixes: Mixes): Body | 'dangling' | undefined {
  const { notes, config } = reading
  const pointer = '/llm/activeProfile'
  const active = textIn(member(config, 'llm'), 'activeProfile')
  const taken = isNamed(reading, 'default')
  if (active !== undefined) {
    const members = bodies.has(active) ? [{ profile: active, weight: null }] : mixes.get(active)
    if (unit.body !== null) skipUnit(reading, unit.body)
    if (members === undefined) {
      note(notes, 'undecided', pointer, 'active_profile_dangles', { kind: 'route', name: 'default' })
      return 'dangling'
    }
    if (active === 'default') note(notes, 'keep', pointer, 'bears_the_name', { kind: 'profile', name: 'default' })
    else if (taken) note(notes, 'undecided', pointer, 'name_taken', { kind: 'route', name: 'default' })
    else
      want(notes, {
        kind: 'route',
        name: 'default',
        pointer,
        cells: { members: cell(members as unknown as Json, pointer, 'active_profile') },
      })
    return bodies.get(active)
  }
  if (unit.body === null) return undefined
  const { target, tuning, cells } = unit.body
  const place = cells.model!.pointer
  if (taken || isNamed(reading, defaultProfile)) {
    note(notes, 'undecided', place, 'name_taken', { kind: 'route', name: 'default' })
    return unit.body
  }
  want(notes, {
    kind: 'profile',
    name: defaultProfile,
    pointer: place,
    cells: { ...cells, ...tuning, disabled: derived(false, place, 'status_unsaid') },
  })
  want(notes, {
    kind: 'route',
    name: 'default',
    pointer: place,
    cells: { members: derived([{ profile: defaultProfile, weight: null }], place, 'default_unit') },
  })
  return { target, tuning }
}

/** The file means something else by this name, whatever became of it. An empty shell means nothing. */
function isNamed({ config }: Reading, name: string): boolean {
  const entry = member(member(member(config, 'llm'), 'profiles'), name)
  return entry !== undefined && !(isObject(entry) && Object.keys(entry).length === 0)
}

/** Beside an active profile the older default decides nothing but what inherits from it. */
function skipUnit({ notes }: Reading, { cells, tuning }: NonNullable<DefaultUnit['body']>): void {
  for (const [field, each] of Object.entries({ ...cells, ...tuning })) {
    if (each.provenance !== 'derived') note(notes, 'skip', each.pointer, 'active_profile_wins', { field, provenance: each.provenance })
  }
}

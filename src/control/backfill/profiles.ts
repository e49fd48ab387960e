/** The file's profiles: each becomes a profile of the same name, or is listed by the reason why not. One bad record never stops the others. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { modelName } from '../../core/nouns.ts'
import type { DefaultUnit } from './default-unit.ts'
import { type Cell, cell, derived, note, type Provenance, want } from './notes.ts'
import { child, member, textIn } from './pointer.ts'
import type { Body, Reading } from './reading.ts'
import { tuningOf } from './tuning.ts'
import { type NoUnit, type Said, saidBy, splitModel, type Unit, unitOf } from './units.ts'
import { ownerOf, sourceIdOf, vendorOfProvider } from './vendors.ts'

/** Names under which the source shipped profiles of its own. */
const shippedNames: ReadonlySet<string> = new Set(['balanced', 'quality-optimized', 'cost-optimized'])

/** Profiles that came to be, and those that did not, so that who refers to one knows. */
export type Bodies = ReadonlyMap<string, Body>

export function readProfiles(reading: Reading, unit: DefaultUnit): Bodies {
  const bodies = new Map<string, Body>()
  for (const [name, value] of entriesOf(reading.config)) {
    const pointer = child('/llm/profiles', name)
    if (!isObject(value)) note(reading.notes, 'skip', pointer, 'not_a_profile', { kind: 'profile', name })
    else if (Object.keys(value).length === 0) note(reading.notes, 'skip', pointer, 'placeholder', { kind: 'profile', name })
    else if (Object.hasOwn(value, 'mix')) continue
    else if (!modelName.safeParse(name).success) note(reading.notes, 'undecided', pointer, 'name_not_allowed', { kind: 'profile', name })
    else if (isStub(name, value)) note(reading.notes, 'skip', pointer, 'stub_without_body', { kind: 'profile', name })
    else {
      const body = readProfile(reading, unit, name, value, pointer)
      if (body !== undefined) bodies.set(name, body)
    }
  }
  return bodies
}

export function entriesOf(config: JsonObject): readonly (readonly [string, Json])[] {
  const profiles = member(member(config, 'llm'), 'profiles')
  return isObject(profiles) ? Object.entries(profiles) : []
}

/** What the source shipped left the file in July and kept its name. */
function isStub(name: string, body: JsonObject): boolean {
  return isShipped(name, body) && Object.keys(body).every((key) => ['source', 'label', 'description', 'status'].includes(key))
}

export function isShipped(name: string, body: JsonObject): boolean {
  const source = textIn(body, 'source')
  return source === 'managed' || (source !== 'user' && shippedNames.has(name))
}

function readProfile(reading: Reading, unit: DefaultUnit, name: string, body: JsonObject, pointer: string): Body | undefined {
  const { notes } = reading
  const found = unitOf(reading, completed(reading, unit, saidBy(body, pointer)))
  const standing = 'why' in found ? standIn(reading, found, name) : found
  if (standing === undefined) {
    note(notes, 'undecided', pointer, (found as NoUnit).why, { kind: 'profile', name })
    const connection = textIn(body, 'provider_connection')
    if (connection !== undefined && (found as NoUnit).why === 'no_base_url')
      note(notes, 'undecided', child(pointer, 'provider_connection'), 'no_base_url', { kind: 'connection', name: connection })
    return undefined
  }
  const provenance: Provenance = isShipped(name, body) ? 'injected' : 'user'
  const owned = (cells: Readonly<Record<string, Cell>>) =>
    Object.fromEntries(
      Object.entries(cells).map(([field, each]) => [field, each.provenance === 'derived' ? each : { ...each, provenance }] as const),
    )
  const tuning = owned(tuningOf(notes, body, pointer))
  const disabled = statusCell(body, pointer)
  want(notes, {
    kind: 'profile',
    name,
    pointer,
    cells: { ...owned(standing.cells), ...tuning, ...(standing.cells.disabled === undefined ? disabled : {}) },
  })
  if (standing.cells.disabled !== undefined && disabled.disabled!.provenance !== 'derived')
    note(notes, 'keep', disabled.disabled!.pointer, 'out_of_use_already', { kind: 'profile', name })
  return { target: standing.target, tuning }
}

/** A model alone belongs to its owner. Not where the default stands on the user's machine: the source would have asked that one. */
function completed(reading: Reading, unit: DefaultUnit, said: Said): Said {
  const split = splitModel(said)
  if (split.provider !== undefined || split.connection !== undefined || split.model === undefined) return split
  const owner = unit.local ? undefined : ownerOf(split.model, reading.models)
  const vendor = owner === undefined ? undefined : vendorOfProvider(owner)
  return vendor === undefined ? split : { ...split, provider: sourceIdOf(vendor.provider), byOwner: true }
}

/** A profile whose payer nobody knows stands out of use: always where it names a connection that is gone, else where the operator wants it so. */
function standIn(reading: Reading, { why, pointer, half }: NoUnit, name: string): Unit | undefined {
  const dangles = pointer.endsWith('/provider_connection')
  if (half === undefined || !(dangles || reading.asked.leaveUndecided)) return undefined
  if (dangles) note(reading.notes, 'undecided', pointer, why, { kind: 'profile', name, field: 'connection' })
  return half
}

function statusCell(body: JsonObject, pointer: string): Record<string, Cell> {
  const place = child(pointer, 'status')
  const status = textIn(body, 'status')
  if (status === 'disabled' || status === 'active') return { disabled: cell(status === 'disabled', place, 'status') }
  return { disabled: derived(false, pointer, 'status_unsaid') }
}

/** Call sites become profiles `site/<id>`: the body of the profile in force there, with the site's own fields on top. One that only names a profile becomes a route. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { callSiteIds } from './call-site-ids.ts'
import type { DefaultUnit } from './default-unit.ts'
import { type Cell, cell, derived, note, want } from './notes.ts'
import { child, member, textIn } from './pointer.ts'
import type { Bodies } from './profiles.ts'
import type { Body, Reading } from './reading.ts'
import type { Mixes } from './routes.ts'
import { tuningOf } from './tuning.ts'
import { type Said, saidBy, splitModel, type Unit, unitOf } from './units.ts'

export type InForce = {
  readonly bodies: Bodies
  readonly mixes: Mixes
  readonly active: Body | 'dangling' | undefined
  readonly unit: DefaultUnit
}

export function readCallSites(reading: Reading, inForce: InForce): void {
  const sites = member(member(reading.config, 'llm'), 'callSites')
  for (const [id, fragment] of isObject(sites) ? Object.entries(sites) : []) {
    const pointer = child('/llm/callSites', id)
    if (!callSiteIds.has(id)) continue
    if (!isObject(fragment)) note(reading.notes, 'skip', pointer, 'not_a_call_site', { kind: 'profile', name: `site/${id}` })
    else if (Object.keys(fragment).length === 0)
      note(reading.notes, 'skip', pointer, 'placeholder', { kind: 'profile', name: `site/${id}` })
    else readSite(reading, inForce, { name: `site/${id}`, fragment, pointer, said: splitModel(saidBy(fragment, pointer)) })
  }
}

/** Keys of a feature from the time before call sites: `<feature>.model` and its like. */
export function readFeatures(reading: Reading, inForce: InForce): void {
  for (const [feature, value] of Object.entries(reading.config)) {
    if (!isObject(value) || !isFeature(feature, value)) continue
    const pointer = child('', feature)
    const over = textIn(value, 'modelOverride')
    const { maxTokens, temperature, speed } = value
    const fragment = Object.fromEntries(
      Object.entries({ model: over ?? value.model, maxTokens, temperature, speed }).filter(([, each]) => each !== undefined),
    ) as JsonObject
    const said: Said = { pointer, provider: undefined, connection: undefined, model: textIn(fragment, 'model') }
    if (over !== undefined)
      note(reading.notes, 'keep', child(pointer, 'modelOverride'), 'read_as_model', { kind: 'profile', name: `site/${feature}` })
    if (over !== undefined && textIn(value, 'model') !== undefined) note(reading.notes, 'skip', child(pointer, 'model'), 'overruled')
    readSite(reading, inForce, { name: `site/${feature}`, fragment, pointer, said: splitModel(said) })
  }
}

const others: ReadonlySet<string> = new Set(['llm', 'services', 'apiKeys', 'thinking', 'contextWindow', 'pricingOverrides'])

function isFeature(name: string, value: JsonObject): boolean {
  const speaks = textIn(value, 'model') !== undefined || textIn(value, 'modelOverride') !== undefined
  return (
    speaks &&
    !others.has(name) &&
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,50}$/.test(name) &&
    !/image|tts|speech|voice|embed|transcri|search/i.test(name)
  )
}

type Site = { readonly name: string; readonly fragment: JsonObject; readonly pointer: string; readonly said: Said }

function readSite(reading: Reading, inForce: InForce, site: Site): void {
  const { notes } = reading
  const { name, fragment, pointer, said } = site
  const named = textIn(fragment, 'profile')
  const place = child(pointer, 'profile')
  const mix = named === undefined ? undefined : inForce.mixes.get(named)
  if (named !== undefined && mix === undefined && !inForce.bodies.has(named)) {
    note(notes, 'undecided', pointer, 'profile_dangles', { kind: 'profile', name })
    return
  }
  const tuning = tuningOf(notes, fragment, pointer)
  const isBare =
    Object.keys(tuning).length === 0 && said.provider === undefined && said.model === undefined && said.connection === undefined
  if (named !== undefined && isBare) {
    const members = mix ?? [{ profile: named, weight: null }]
    want(notes, { kind: 'route', name, pointer, cells: { members: cell(members as unknown as Json, place, 'call_site') } })
    return
  }
  const winner = mix === undefined ? winnerOf(inForce, named) : undefined
  const unit = mix === undefined ? unitFor(reading, inForce, said, winner) : 'site_on_a_mix'
  if (typeof unit === 'string') {
    note(notes, 'undecided', pointer, unit, { kind: 'profile', name })
    return
  }
  const inherited = winner === undefined ? {} : inheritedFrom(winner.tuning, pointer)
  const cells: Record<string, Cell> = {
    ...unit.cells,
    ...inherited,
    ...tuning,
    disabled: unit.cells.disabled ?? derived(false, pointer, 'status_unsaid'),
  }
  want(notes, { kind: 'profile', name, pointer, cells })
  if (named !== undefined) note(notes, 'keep', place, 'inherits', { kind: 'profile', name, value: named })
}

/** One winner: the profile that the site names, else the active one, else the default. */
function winnerOf({ bodies, active, unit }: InForce, named: string | undefined): Body | undefined {
  if (named !== undefined) return bodies.get(named)
  return active === 'dangling' ? undefined : (active ?? unit.body ?? undefined)
}

function unitFor(reading: Reading, inForce: InForce, said: Said, winner: Body | undefined): Unit | string {
  if (said.provider !== undefined && said.model !== undefined) return whole(reading, said)
  if (winner === undefined) return inForce.active === 'dangling' ? 'active_profile_dangles' : 'no_default'
  if (said.provider !== undefined || said.connection !== undefined)
    return whole(reading, { ...said, model: said.model ?? winner.target.model })
  return stays(reading, said, winner)
}

function whole(reading: Reading, said: Said): Unit | string {
  const unit = unitOf(reading, said)
  if (!('why' in unit)) return unit
  return unit.half !== undefined && reading.asked.leaveUndecided ? unit.half : unit.why
}

/** Provider and payer are the winner's; the model may be the site's own. */
function stays(_reading: Reading, { model, pointer }: Said, { target }: Body): Unit {
  const { paying, provider } = target
  return {
    target: { ...target, model: model ?? target.model },
    cells: {
      provider: derived(provider, pointer, 'inherited'),
      ...(paying === null ? { disabled: derived(true, pointer, 'inherited') } : { connection: derived(paying.name, pointer, 'inherited') }),
      model: model === undefined ? derived(target.model, pointer, 'inherited') : cell(model, child(pointer, 'model'), 'unit'),
    },
  }
}

function inheritedFrom(tuning: Readonly<Record<string, Cell>>, pointer: string): Record<string, Cell> {
  return Object.fromEntries(Object.entries(tuning).map(([field, { value }]) => [field, derived(value, pointer, 'inherited')] as const))
}

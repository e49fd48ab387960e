/** Whether a state may stand: every row that moves is held to the rules of its noun, and nothing points at what is gone. Values in, faults out. */

import { PurserError } from '../../core/errors.ts'
import { canonicalJson, isObject, type JsonObject } from '../../core/json.ts'
import { route, routeMember } from '../../core/nouns.ts'
import { readSetting, settingNamed } from '../../core/settings.ts'
import type { Row } from '../../store/schema.ts'
import { invalidInput } from '../invalid.ts'
import { grantOf, readScopes, refuseBeyond, refuseLockout } from '../keys/key-grants.ts'
import { refuseStrangeNames } from '../keys/key-names.ts'
import { type Paying, refuseUnsoundConnection, refuseUnsoundPair } from '../nouns/connection-rules.ts'
import { refuseUnsoundProfile } from '../nouns/profile-rules.ts'
import { refuseUnsoundProvider } from '../nouns/provider-rules.ts'
import { refuseStrangeMembers } from '../nouns/route-members.ts'
import { plainNumbers } from '../plain.ts'
import type { Actor } from '../scopes.ts'
import type { Section, StateFault } from './document.ts'
import { isThere, type StateRows } from './rows.ts'

export type Judged = {
  readonly before: StateRows
  readonly after: StateRows
  readonly paths: ReadonlyMap<string, string>
  readonly actor: Actor
  readonly now: number
}

export function faultsOfState(judged: Judged): readonly StateFault[] {
  return [nameFaults, providerFaults, connectionFaults, profileFaults, routeFaults, keyFaults, settingFaults].flatMap((judge) =>
    judge(judged),
  )
}

type Named = { readonly id: string; readonly name: string }

/** Runs a rule and keeps what it throws as faults of one row. */
function held({ paths }: Judged, section: Section, { id, name }: Named, rule: () => void): readonly StateFault[] {
  const path = paths.get(`${section}/${id}`) ?? `${section} "${name}"`
  try {
    rule()
    return []
  } catch (thrown) {
    if (!(thrown instanceof PurserError) || thrown.kind === 'internal') throw thrown
    const listed = Array.isArray(thrown.details?.faults) ? thrown.details.faults : []
    const several = listed.flatMap((each) => (isObject(each) ? [{ field: String(each.field), says: String(each.message) }] : []))
    const faults = several.length > 0 ? several : [{ field: thrown.field ?? '', says: thrown.message }]
    return faults.map(({ field, says }) => ({ path: field === '' ? path : `${path}.${field}`, says }))
  }
}

function refuse(field: string, says: string): never {
  throw new PurserError('invalid_request', says, { field })
}

/** Whether a row is not what it was. When it was changed is no part of it. */
function moves<R extends { readonly id: string }>(before: readonly R[]): (row: R) => boolean {
  const old = new Map(before.map((row) => [row.id, canonicalJson({ ...row, updated_at: 0 })]))
  return (row) => old.get(row.id) !== canonicalJson({ ...row, updated_at: 0 })
}

const sharing: readonly (readonly Section[])[] = [['providers'], ['connections'], ['profiles', 'routes'], ['keys']]

/** A name is one row's. Profiles and routes share theirs: callers send both as `model`. */
function nameFaults(judged: Judged): readonly StateFault[] {
  return sharing.flatMap((group) => {
    const rows = group.flatMap((section) => liveRows(judged.after, section).map((row) => ({ section, row })))
    const firsts = new Map<string, string>()
    const ids = new Set(group.flatMap((section) => judged.after[section as Listed].map(({ id }) => id)))
    const before = new Set(group.flatMap((section) => liveRows(judged.before, section).map(({ name }) => name)))
    return rows.flatMap(({ section, row }) => {
      const first = firsts.get(row.name)
      firsts.set(row.name, row.id)
      return held(judged, section, row, () => {
        if (first !== undefined) refuse('name', `Another row is named "${row.name}" already.`)
        if (ids.has(row.name) && !before.has(row.name)) refuse('name', `"${row.name}" is the id of a row, and can be no name.`)
      })
    })
  })
}

type Listed = Exclude<Section, 'settings' | 'rates'>

function liveRows(rows: StateRows, section: Section): readonly Named[] {
  if (section === 'settings' || section === 'rates') return []
  if (section === 'keys') return rows.keys.filter((row) => row.revoked_at === null)
  return (rows[section] as readonly (Named & { readonly removed_at: number | null })[]).filter(isThere)
}

function providerFaults(judged: Judged): readonly StateFault[] {
  const moved = moves(judged.before.providers)
  const rows = judged.after.providers.filter((row) => isThere(row) && moved(row))
  return rows.flatMap((row) => held(judged, 'providers', row, () => refuseUnsoundProvider(row)))
}

function connectionFaults(judged: Judged): readonly StateFault[] {
  const { before, after } = judged
  const movedProvider = moves(before.providers)
  const movedConnection = moves(before.connections)
  const live = new Map(after.connections.filter(isThere).map((row) => [row.id, row]))
  const payingOf = (connection: Row<'connections'>): Paying | undefined => {
    const provider = after.providers.find((row) => row.id === connection.provider_id && isThere(row))
    return provider && { connection, provider }
  }
  const touched = (row: Row<'connections'>, { provider }: Paying): boolean => movedConnection(row) || movedProvider(provider)
  return [...live.values()].flatMap((row) =>
    held(judged, 'connections', row, () => {
      const paying = payingOf(row)
      if (paying === undefined) return stillUsed(row, 'provider', nameOf(before.providers, row.provider_id))
      if (touched(row, paying)) refuseUnsoundConnection(paying)
      if (row.canonical_equivalent_id === null) return
      const twin = live.get(row.canonical_equivalent_id)
      const other = twin && payingOf(twin)
      if (twin === undefined || twin.canonical_equivalent_id !== row.id) {
        if (movedConnection(row) || (twin && movedConnection(twin))) refuse('twin', `"${row.name}" and its twin do not name each other.`)
      } else if (other !== undefined && (touched(row, paying) || touched(twin, other))) refuseUnsoundPair(paying, other)
    }),
  )
}

function profileFaults(judged: Judged): readonly StateFault[] {
  const { before, after } = judged
  const moved = moves(before.profiles)
  const movedConnection = moves(before.connections)
  return after.profiles.filter(isThere).flatMap((row) =>
    held(judged, 'profiles', row, () => {
      if (!after.providers.some((each) => each.id === row.provider_id && isThere(each)))
        stillUsed(row, 'provider', nameOf(before.providers, row.provider_id))
      const pays = row.connection_id === null ? null : after.connections.find((each) => each.id === row.connection_id && isThere(each))
      if (pays === undefined) return stillUsed(row, 'connection', nameOf(before.connections, row.connection_id!))
      if (moved(row) || (pays !== null && movedConnection(pays))) refuseUnsoundProfile(row, pays)
    }),
  )
}

const mostMembers = 100

function routeFaults(judged: Judged): readonly StateFault[] {
  const { before, after } = judged
  const moved = moves(before.routes)
  const membersOf = (rows: StateRows, id: string) => rows.members.filter((member) => member.route_id === id)
  return after.routes.filter(isThere).flatMap((row) =>
    held(judged, 'routes', row, () => {
      const members = membersOf(after, row.id)
      members.forEach((member, place) => {
        if (!after.profiles.some((each) => each.id === member.profile_id && isThere(each)))
          stillUsed(row, `members.${place}.profile`, nameOf(before.profiles, member.profile_id))
      })
      if (!moved(row) && canonicalJson(members) === canonicalJson(membersOf(before, row.id))) return
      const read = route.safeParse(plainNumbers(row))
      if (!read.success) throw invalidInput(read.error, Object.keys(row))
      if (members.length === 0 || members.length > mostMembers) refuse('members', `A route has 1 to ${mostMembers} members.`)
      refuseStrangeMembers(members.map((member) => ({ ...member, profile: nameOf(after.profiles, member.profile_id) })))
      members.forEach((member, place) => {
        const readMember = routeMember.safeParse(plainNumbers(member))
        if (!readMember.success) refuse(`members.${place}`, readMember.error.issues[0]!.message)
      })
    }),
  )
}

function keyFaults(judged: Judged): readonly StateFault[] {
  const { before, after, actor, now } = judged
  const moved = moves(before.keys)
  const names = namesOf(after)
  const knownBefore = namesOf(before)
  const faults = after.keys.flatMap((row) =>
    held(judged, 'keys', row, () => {
      const old = before.keys.find(({ id }) => id === row.id)
      if (!moved(row)) {
        // What no row had before is not this document's doing.
        if (row.revoked_at === null)
          refuseStrangeNames(row.kind, row.scopes as JsonObject, new Set([...names, ...strangers(row, knownBefore)]))
        return
      }
      if (old !== undefined && old.kind !== row.kind) refuse('kind', `A key stays what it is, and "${row.name}" is of kind "${old.kind}".`)
      if (row.revoked_at === null) {
        refuseStrangeNames(row.kind, readScopes(row.kind as 'call', row.scopes as JsonObject), names)
      }
      refuseBeyond(actor, new Set([...(old === undefined ? [] : grantOf(old)), ...grantOf(row)]), row.name)
    }),
  )
  return [...faults, ...held(judged, 'keys', { id: '', name: 'all' }, () => refuseLockout(before.keys, after.keys, now))]
}

/** A setting that stays is as good as it was, unless the profile that it names goes. */
function settingFaults(judged: Judged): readonly StateFault[] {
  const { before, after } = judged
  const old = new Map(before.settings.map(({ name, value }) => [name, canonicalJson(value)]))
  const names = namesOf(after)
  const knownBefore = namesOf(before)
  return after.settings.flatMap(({ name, value }) =>
    held(judged, 'settings', { id: name, name }, () => {
      const stays = old.get(name) === canonicalJson(value)
      if (!stays) readSetting(settingNamed(name), value)
      if (name !== 'default_profile' || typeof value !== 'string' || names.has(value)) return
      if (!stays || knownBefore.has(value)) refuse('value', `No profile or route is named "${value}", here or in the document.`)
    }),
  )
}

function namesOf(rows: StateRows): ReadonlySet<string> {
  return new Set([...liveRows(rows, 'profiles'), ...liveRows(rows, 'routes')].map(({ name }) => name))
}

/** The names in a key's scopes that nothing bore before either. */
function strangers({ scopes }: Row<'keys'>, known: ReadonlySet<string>): readonly string[] {
  if (!isObject(scopes)) return []
  const named = [...(Array.isArray(scopes.profiles) ? scopes.profiles : []), scopes.default].map(String)
  return named.filter((name) => !known.has(name))
}

function nameOf(rows: readonly Named[], id: string): string {
  return rows.find((row) => row.id === id)?.name ?? id
}

function stillUsed(row: Named, field: string, gone: string): never {
  return refuse(field, `"${row.name}" still needs "${gone}", which would be gone.`)
}

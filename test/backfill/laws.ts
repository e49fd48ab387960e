/** What holds for every file, whatever is in it. Each law answers with what is wrong, or nothing. */

import { childrenOf } from '../../src/control/backfill/pointer.ts'
import type { Thing } from '../../src/control/backfill/present.ts'
import { readDocument } from '../../src/control/backfill/read.ts'
import { canonicalJson, type Json, type JsonObject } from '../../src/core/json.ts'
import { secret, type Texts } from './arbitrary-config.ts'
import type { House, Line } from './house.ts'

/** Moves a file in, looks at everything, and takes it back. The sentences say what does not hold. */
export async function faultsOf(house: House, texts: Texts): Promise<readonly string[]> {
  const asked = {
    config: texts.config,
    ...(texts.connections === null ? {} : { connections: texts.connections }),
    ...(texts.credentials === null ? {} : { credentials: texts.credentials }),
  }
  const before = await house.things()
  const { planned, applied } = await house.move(asked)
  const things = await house.things()
  const faults = [
    ...uncovered(readDocument(texts.config, 'config'), '', planned.lines),
    ...(texts.connections === null ? [] : uncovered(readDocument(texts.connections, 'connections'), 'connections:', planned.lines)),
  ]
  if (planned.refused.length > 0) return applied === null ? faults : [...faults, 'it was refused and applied']
  faults.push(...unlike(planned.lines, things), ...moved(before, things), ...boundaries(texts, before, things))
  const again = await house.plan(asked)
  if (!again.empty)
    faults.push(
      `a second run is not empty: ${JSON.stringify(again.lines.filter(({ action }) => ['create', 'update'].includes(action)).slice(0, 2))}`,
    )
  const { quarantined } = await house.context.directory()
  faults.push(...quarantined.map(({ name, reason }) => `${name} does not read: ${reason}`))
  if (applied === null) return faults
  faults.push(...(await leaks(house)))
  await house.run('backfill.undo', { import: applied.import })
  if (canonicalJson(fieldsOf(await house.things())) !== canonicalJson(fieldsOf(before))) faults.push('undo does not lead back')
  return faults
}

/** Every leaf is mapped, preserved or listed. */
export function uncovered(value: Json, pointer: string, lines: readonly Line[]): readonly string[] {
  const spoken = new Set(
    lines.filter(({ provenance, action }) => provenance !== 'derived' || action !== 'keep').map((line) => line.pointer),
  )
  const walk = (here: Json, place: string): readonly string[] => {
    if (place !== pointer && spoken.has(place)) return []
    const children = childrenOf(here, place)
    if (children.length === 0) return place === pointer ? [] : [`nothing is said of ${place}`]
    return children.flatMap(([below, each]) => walk(each, below))
  }
  return walk(value, pointer)
}

/** The rows are what the plan said they would be. */
function unlike(lines: readonly Line[], things: ReadonlyMap<string, Thing>): readonly string[] {
  return lines.flatMap(({ action, kind, name, field, value }) => {
    if ((action !== 'create' && action !== 'update') || kind === 'rate_card' || field === null) return []
    const found = field
      .split('.')
      .reduce<Json | undefined>((here, key) => (here as JsonObject | undefined)?.[key], things.get(`${kind}/${name}`)?.fields)
    if (field === 'auth' && (value as JsonObject).sealed !== undefined)
      return /^sealed:/.test(String((found as JsonObject).credential)) ? [] : [`${name} is not sealed`]
    return canonicalJson(found ?? null) === canonicalJson(value)
      ? []
      : [`${kind} ${name} ${field} is ${canonicalJson(found ?? null)}, planned ${canonicalJson(value)}`]
  })
}

type Side = { readonly local: boolean; readonly billing: Json }

function sideOf(things: ReadonlyMap<string, Thing>, profile: Thing): Side {
  const { provider, connection } = profile.fields
  return {
    local: things.get(`provider/${String(provider)}`)?.fields.network !== 'public',
    billing: connection === null ? null : (things.get(`connection/${String(connection)}`)?.fields.billing ?? null),
  }
}

/** Names that were there lead where they led. */
function moved(before: ReadonlyMap<string, Thing>, after: ReadonlyMap<string, Thing>): readonly string[] {
  return [...before.values()].flatMap((profile) => {
    const now = after.get(`profile/${profile.name}`)
    if (profile.kind !== 'profile' || now === undefined) return []
    return canonicalJson(sideOf(before, profile)) === canonicalJson(sideOf(after, now)) ? [] : [`${profile.name} leads elsewhere`]
  })
}

const locals = new Set(['ollama', 'vllm', 'lm-studio'])

/** By a reading of its own, and a simple one: what the file says of where a profile is and who pays. */
function boundaries({ config }: Texts, before: ReadonlyMap<string, Thing>, after: ReadonlyMap<string, Thing>): readonly string[] {
  const file = readDocument(config, 'config') as JsonObject
  const text = (from: Json | undefined, key: string) => {
    const value = from !== null && typeof from === 'object' && Object.hasOwn(from, key) ? (from as JsonObject)[key] : undefined
    return typeof value === 'string' ? value.trim() : ''
  }
  const inside = (from: Json | undefined, key: string) =>
    from !== null && typeof from === 'object' && Object.hasOwn(from, key) ? (from as JsonObject)[key] : undefined
  const mode = text(inside(inside(file, 'services'), 'inference'), 'mode')
  const profiles = inside(inside(file, 'llm'), 'profiles')
  const plain = !/provider_connection|vellum|chatgpt|row-/.test(config)
  return [...after.values()].flatMap((profile) => {
    if (profile.kind !== 'profile' || before.has(`profile/${profile.name}`)) return []
    const side = sideOf(after, profile)
    const faults: string[] = []
    const said = inside(profiles, profile.name)
    if (locals.has(text(said, 'provider')) && text(said, 'provider_connection') === '' && !side.local)
      faults.push(`${profile.name} left the machine`)
    if (plain && mode === 'your-own' && side.billing === 'platform') faults.push(`${profile.name} came to the platform`)
    if (plain && mode === 'managed' && side.billing === 'own') faults.push(`${profile.name} came to the own key`)
    if (!/anthropic|openai|gemini|fireworks|openrouter|vellum|chatgpt|claude|gpt-|row-/.test(config) && !side.local)
      faults.push(`${profile.name} came from nowhere into the cloud`)
    return faults
  })
}

async function leaks({ context }: House): Promise<readonly string[]> {
  const tables = ['plans', 'provenance', 'preserved', 'connections', 'sealed_secrets'] as const
  const rows = await Promise.all(tables.map((table) => context.store.read.selectFrom(table).selectAll().execute()))
  const found = rows.findIndex((each) =>
    JSON.stringify(each, (_key, value) => (typeof value === 'bigint' ? String(value) : value)).includes(secret),
  )
  return found === -1 ? [] : [`a key stands in clear in ${tables[found]}`]
}

function fieldsOf(things: ReadonlyMap<string, Thing>): JsonObject {
  return Object.fromEntries([...things].map(([key, { fields }]) => [key, fields]).toSorted())
}

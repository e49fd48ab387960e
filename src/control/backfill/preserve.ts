/** What the file says and nothing here speaks for: kept word for word, place by place, so that every leaf is mapped, preserved or listed. */

import { isObject, type Json } from '../../core/json.ts'
import { type Notes, note } from './notes.ts'
import { childrenOf, valueAt } from './pointer.ts'

export type Kept = { readonly pointer: string; readonly value: Json }

/** Lists every place that is left, the highest ones that are left whole. */
export function listRest(notes: Notes, document: Json, pointer: string): void {
  const touched = ancestorsOf(notes.claimed)
  const walk = (value: Json, place: string): void => {
    if (notes.claimed.has(place)) return
    const children = childrenOf(value, place)
    if (children.length > 0 && touched.has(place)) for (const [below, each] of children) walk(each, below)
    else note(notes, 'preserve', place, 'not_read_here')
  }
  const children = childrenOf(document, pointer)
  for (const [place, value] of children) walk(value, place)
}

/** What the store keeps of the lines: everything that became no row, without secrets. */
export function keptOf(notes: Notes, documents: readonly (readonly [string, Json])[], mask: (secret: string) => string): readonly Kept[] {
  const kept = new Map<string, Kept>()
  for (const { action, pointer } of notes.lines) {
    if (action === 'keep' || kept.has(pointer)) continue
    const [prefix, document] = documents.find(([name]) => pointer.startsWith(`${name}/`)) ?? []
    const value = document === undefined ? undefined : valueAt(document, pointer.slice(prefix!.length))
    if (value !== undefined) kept.set(pointer, { pointer, value: withoutSecrets(value, pointer, mask) })
  }
  return [...kept.values()]
}

function ancestorsOf(pointers: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>()
  for (const pointer of pointers) {
    let place = pointer
    while (place !== '') {
      place = place.slice(0, Math.max(place.lastIndexOf('/'), 0))
      if (found.has(place)) break
      found.add(place)
    }
  }
  return found
}

const secretNames = /(^|[^a-z])(api_?-?keys?|secret|token|password|passphrase|private_?-?key|authorization|bearer)s?$/i
const secretShapes = /^(sk-|pk-|rk-|AIza|xox[a-z]-|gh[a-z]_|Bearer |eyJ[\w-]{20})/

/** Text that proves something is kept as its fingerprint. A key may stand anywhere in such a file. */
export function withoutSecrets(value: Json, pointer: string, mask: (secret: string) => string): Json {
  const name = pointer.slice(pointer.lastIndexOf('/') + 1)
  if (typeof value === 'string') return isSecret(value, name, pointer) ? mask(value) : value
  if (Array.isArray(value)) return value.map((each: Json) => withoutSecrets(each, pointer, mask))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each, `${pointer}/${key}`, mask)]))
}

function isSecret(text: string, name: string, pointer: string): boolean {
  if (text.trim() === '') return false
  const spelled = name.replaceAll(/([a-z])([A-Z])/g, '$1_$2')
  return secretNames.test(spelled) || secretShapes.test(text) || /^\/apiKeys(\/|$)/.test(pointer)
}

/** JSON pointers (RFC 6901): how a plan names a place in the file. */

import { isObject, type Json } from '../../core/json.ts'

export function child(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The value at a pointer, or undefined where there is none. */
export function valueAt(document: Json, pointer: string): Json | undefined {
  let here: Json | undefined = document
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(here)) here = here[Number(key)]
    else here = isObject(here) && Object.hasOwn(here, key) ? here[key] : undefined
  }
  return here
}

/** The children of an object or array, each with its pointer. A value without children is a leaf. */
export function childrenOf(value: Json, pointer: string): readonly (readonly [string, Json])[] {
  if (Array.isArray(value)) return value.map((each: Json, index) => [child(pointer, index), each] as const)
  return isObject(value) ? Object.entries(value).map(([key, each]) => [child(pointer, key), each] as const) : []
}

/** An own member of an object; a name such as `constructor` finds only what the file says. */
export function member(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}

/** Text that says something. Blank text and anything else are the same as absent. */
export function textIn(value: Json | undefined, key: string): string | undefined {
  const found = member(value, key)
  const text = typeof found === 'string' ? found.trim() : ''
  return text === '' ? undefined : text
}

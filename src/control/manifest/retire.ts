/** What becomes of rows that the manifest no longer names: never deleted; put out of use where nobody changed them and nobody needs them. */

import { sameValue } from '../merge.ts'
import { type Base, keyOf, kinds, labelOf, nameOf, only, referencesOf, type Thing, withDefaults } from './items.ts'

export type Retired = {
  readonly base: Base
  readonly thing: Thing
  /** It is put out of use now. */
  readonly disables: boolean
  readonly reason: 'disabled' | 'edited' | 'referenced'
  readonly referrers: readonly string[]
}

/** `things` as they stand once all else is merged. Those that refer come first, so that a chain of retired rows goes as one. */
export function retirements(
  gone: readonly Base[],
  things: readonly Thing[],
  namedBy: ReadonlyMap<string, readonly string[]> = new Map(),
): readonly Retired[] {
  const out = new Set<string>()
  const retired: Retired[] = []
  for (const base of kinds.toReversed().flatMap((kind) => gone.filter((each) => each.kind === kind))) {
    const thing = things.find((each) => keyOf(each) === keyOf(base))
    if (thing === undefined || thing.removed) continue
    const users = things.filter((other) => !other.removed && !out.has(keyOf(other)) && uses(other, thing)).map(labelOf)
    const isCalled = base.kind === 'profile' || base.kind === 'route'
    const referrers = [...users, ...(isCalled ? (namedBy.get(nameOf(thing)) ?? []) : [])]
    const said = withDefaults(base.kind, base.fields)
    const edited = !sameValue(said, only(thing.fields, said))
    const isOut = thing.fields.disabled === true
    const disables = !edited && referrers.length === 0 && !isOut
    if (disables || isOut) out.add(keyOf(base))
    const reason = edited ? 'edited' : isOut || disables ? 'disabled' : 'referenced'
    retired.push({ base, thing, disables, reason, referrers })
  }
  return retired
}

/** A twin is another way to pay, and needs nothing of its pair. */
export function uses(other: Thing, thing: Thing): boolean {
  return referencesOf(other).some(
    (reference) => reference.field !== 'canonical_equivalent_id' && reference.kind === thing.kind && reference.id === thing.id,
  )
}

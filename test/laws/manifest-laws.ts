/** The laws of the manifest's merge, each said by itself and checked on generated histories. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Manifest } from '../../src/catalog/manifest.ts'
import { mergeTouches, mergeUndo } from '../../src/control/manifest/audit.ts'
import { itemsOf, keyOf, labelOf, type Present, referencesOf, type Thing, type ThingKind } from '../../src/control/manifest/items.ts'
import { type MergePlan, needsDecision, planMerge, storedRevision } from '../../src/control/manifest/plan.ts'
import { decide, sides } from '../../src/control/manifest/resolve.ts'
import { planUndo } from '../../src/control/manifest/undo.ts'
import { type Path, sameValue, type Value, valueAt } from '../../src/control/merge.ts'
import { canonicalJson, isObject, type JsonObject } from '../../src/core/json.ts'
import { act, acted, carriedOut, empty, history, manifestOf, revisions, withEveryConsent } from './histories.ts'

export const laws: Readonly<Record<string, (runs: number) => void>> = {
  'every merge of a history keeps what is promised': (runs) =>
    fc.assert(
      fc.property(history, ({ contents, steps }) => {
        const manifests = contents.map((content, n) => manifestOf(content, n + 1))
        let release = -1
        let present = empty
        const start = (consents: boolean, always: boolean) => {
          const manifest = manifests[release]
          if (manifest === undefined) return
          if (!always && manifest.revision <= storedRevision(present)) return
          present = merged(manifest, present, consents)
        }
        for (const step of steps) {
          if (step.act === 'upgrade') {
            release = Math.min(release + 1 + step.skipped, manifests.length - 1)
            start(false, false)
          } else if (step.act === 'downgrade') {
            release = Math.max(release - 1, 0)
            start(false, false)
          } else if (step.act === 'restart') start(false, false)
          else if (step.act === 'apply') start(step.consents, true)
          else present = acted(present, step)
        }
      }),
      { numRuns: runs },
    ),

  'skipping revisions comes to the same as stepping through them, for rows that nobody edited': (runs) =>
    fc.assert(
      fc.property(revisions(5), (contents) => {
        const manifests = contents.map((content, n) => manifestOf(content, n + 1))
        const last = manifests.at(-1)!
        const run = (through: readonly Manifest[]) =>
          through.reduce((present, manifest) => carriedOut(present, planMerge(manifest, present, withEveryConsent)), empty)
        const [stepped, skipped] = [run(manifests), run([...new Set([manifests[0]!, last])])]
        const keys = new Set(itemsOf(last).map(keyOf))
        const shown = ({ things, bases }: Present) => [
          things.filter((thing) => keys.has(keyOf(thing))).toSorted(byKey),
          bases.filter((base) => keys.has(keyOf(base))).toSorted(byKey),
        ]
        assert.equal(canonicalJson(shown(stepped)), canonicalJson(shown(skipped)))
        assert.equal(
          canonicalJson(shown(stepped)[0]),
          canonicalJson(
            itemsOf(last)
              .map((item) => ({ ...item, removed: false }))
              .toSorted(byKey),
          ),
        )
      }),
      { numRuns: runs },
    ),

  'a value that was edited back to its base counts as unedited': (runs) =>
    fc.assert(
      fc.property(revisions(2), fc.nat(11), fc.nat(9), fc.nat(3), (contents, at, field, value) => {
        const [first, second] = [manifestOf(contents[0]!, 1), manifestOf(contents.at(-1)!, 2)]
        const seeded = carriedOut(empty, planMerge(first, empty))
        const edited = acted(seeded, { act: 'edit', at, field, value })
        const back = acted(edited, { act: 'reset', at, field })
        assert.equal(canonicalJson(planMerge(second, back)), canonicalJson(planMerge(second, seeded)))
      }),
      { numRuns: runs },
    ),

  'undoing a merge gives the rows back as they were, and undoing twice is undoing once': (runs) =>
    fc.assert(
      fc.property(revisions(2), fc.array(act, { maxLength: 4 }), (contents, acts) => {
        const [first, second] = [manifestOf(contents[0]!, 1), manifestOf(contents.at(-1)!, 2)]
        const seeded = carriedOut(empty, planMerge(first, empty))
        const before = acts.reduce(acted, seeded)
        const plan = planMerge(second, before, withEveryConsent)
        const merged = carriedOut(before, plan)
        const written = mergeTouches(2, plan.changes).map(({ kind, id, undo }) => ({
          kind: kind as ThingKind,
          id,
          undo: mergeUndo.parse(undo),
        }))
        const undo = planUndo(written, merged)
        const present = carriedOut(merged, { changes: undo.changes, record: null })
        const said = new Set(undo.left.map(({ row, field }) => `${row} ${field ?? ''}`))
        for (const thing of before.things) {
          const after = find(present, thing)!
          const moved = Object.keys(thing.fields).filter((field) => !sameValue(thing.fields[field], after.fields[field]))
          assert.ok(
            moved.every((field) => said.has(`${labelOf(after)} ${field}`)),
            'what is not restored is listed',
          )
          assert.ok(
            moved.every((field) => field.endsWith('_id') || field === 'members'),
            'and is a reference to what was removed meanwhile',
          )
        }
        const added = present.things.filter((thing) => find(before, thing) === undefined && !thing.removed)
        assert.ok(
          added.every((thing) => said.has(`${labelOf(thing)} `)),
          'what is not removed again is listed',
        )
        if (!undo.left.some(({ reason }) => reason === 'absent')) assert.deepEqual([added, undo.left], [[], []])
        assert.deepEqual(planUndo(written, present).changes, [])
      }),
      { numRuns: runs },
    ),

  'a decision puts its value into the row, moves the base to theirs, and is not asked again': (runs) =>
    fc.assert(
      fc.property(revisions(2), fc.array(act, { minLength: 1, maxLength: 6 }), fc.constantFrom(...sides), (contents, acts, take) => {
        const [first, second] = [manifestOf(contents[0]!, 1), manifestOf(contents.at(-1)!, 2)]
        const edited = acts.reduce(acted, carriedOut(empty, planMerge(first, empty)))
        let present = carriedOut(edited, planMerge(second, edited))
        for (const line of planMerge(second, present).lines.filter(needsDecision)) {
          if (line.action === 'name_taken' ? take !== 'ours' : line.path![0] === 'canonical_equivalent_id') continue
          const { change, record } = decide(line, take, second, present)
          present = carriedOut(present, { changes: [change], record })
          const after = present.things.find((thing) => keyOf(thing) === keyOf(line))
          if (line.action !== 'name_taken') assert.ok(sameValue(valueAt(after!.fields, line.path!), line[take]), 'the value stands')
          const again = planMerge(second, present).lines.filter(needsDecision)
          assert.ok(!again.some((other) => keyOf(other) === keyOf(line) && sameValue(other.path, line.path)), 'it is settled')
        }
      }),
      { numRuns: runs },
    ),
}

function byKey(a: { readonly kind: string; readonly id: string }, b: { readonly kind: string; readonly id: string }): number {
  return keyOf(a) < keyOf(b) ? -1 : 1
}

/** Merges, and holds the merge to every promise that can be seen at once. */
function merged(manifest: Manifest, before: Present, consents: boolean): Present {
  const options = consents ? withEveryConsent : {}
  const plan = planMerge(manifest, before, options)
  if (manifest.revision < storedRevision(before))
    assert.deepEqual([plan.lines, plan.changes, plan.record], [[], [], null], 'older says nothing')
  const present = carriedOut(before, plan)
  const again = planMerge(manifest, present, options)
  assert.deepEqual([again.changes, again.record], [[], null], 'twice is once')
  for (const thing of before.things) keepsTheOperatorsValues(thing, before, present, plan)
  if (!consents) for (const thing of before.things) movesNothingGuarded(thing, before, present)
  leavesSoundTables(before, present)
  if (manifest.revision >= storedRevision(before)) namesEveryItem(manifest, present, plan)
  return present
}

function keepsTheOperatorsValues(thing: Thing, before: Present, present: Present, plan: MergePlan): void {
  const after = find(present, thing)
  assert.ok(after, `${keyOf(thing)} is never deleted`)
  const base = before.bases.find((each) => keyOf(each) === keyOf(thing))
  if (thing.removed || thing.id.startsWith('own-'))
    assert.deepEqual(after, thing, `${keyOf(thing)} is the operator's, or gone, and stays so`)
  if (base === undefined || thing.removed) return
  for (const path of leaves(base.fields, thing.fields)) {
    const ours = valueAt(thing.fields, path)
    if (sameValue(ours, valueAt(base.fields, path)) || (path.length === 1 && !(path[0]! in base.fields))) continue
    assert.ok(sameValue(valueAt(after.fields, path), ours), `${keyOf(thing)} ${path.join('.')} holds what the operator said`)
  }
  for (const line of plan.lines.filter((each) => each.action === 'conflict' && keyOf(each) === keyOf(thing))) {
    assert.ok(sameValue(line.ours, valueAt(thing.fields, line.path!)), 'a conflict names his value')
    assert.ok(!sameValue(line.ours, line.theirs) && !sameValue(line.base, line.theirs), 'and is none where the sides agree')
  }
}

/** Said by itself, not by the code under test. */
function movesNothingGuarded(thing: Thing, before: Present, present: Present): void {
  const after = find(present, thing)!
  const moved = (field: string) => !sameValue(thing.fields[field], after.fields[field])
  const standing = before.things.filter((each) => !each.removed)
  const profiles = standing.filter(({ kind }) => kind === 'profile')
  const secrets = standing.filter(({ kind, fields }) => kind === 'connection' && typeof (fields.auth as JsonObject).credential === 'string')
  if (thing.kind === 'provider' && ['base_url', 'contract', 'network'].some(moved)) {
    const touched = [...profiles, ...secrets].filter(({ fields }) => fields.provider_id === thing.id)
    assert.deepEqual(touched, [], `${keyOf(thing)} moved although it is in use`)
  }
  if (thing.kind === 'connection' && ['auth', 'billing', 'platform', 'provider_id'].some(moved)) {
    assert.ok(!secrets.includes(thing), `${keyOf(thing)} moved with a secret`)
    assert.ok(!profiles.some(({ fields }) => fields.connection_id === thing.id), `${keyOf(thing)} moved under a profile`)
  }
  if (thing.kind === 'profile') assert.ok(!moved('provider_id') && !moved('connection_id'), `${keyOf(thing)} went to another account`)
  if (thing.kind === 'route') assert.ok(!moved('allow_cross'), `${keyOf(thing)} may cross more than it did`)
}

/** What the database would refuse: two rows of a name, and a new reference to nothing. */
function leavesSoundTables(before: Present, present: Present): void {
  const standing = present.things.filter((thing) => !thing.removed)
  const names = standing.map((thing) => `${thing.kind === 'route' ? 'profile' : thing.kind} ${String(thing.fields.name)}`)
  assert.equal(new Set(names).size, names.length, 'a name is borne once')
  const keys = new Set(standing.map(keyOf))
  for (const thing of standing) {
    const old = find(before, thing)
    if (old !== undefined && canonicalJson(old.fields) === canonicalJson(thing.fields)) continue
    for (const reference of referencesOf(thing)) {
      const isOld = old !== undefined && sameValue(old.fields[reference.field], thing.fields[reference.field])
      assert.ok(isOld || keys.has(keyOf(reference)), `${keyOf(thing)} ${reference.field} leads somewhere`)
      if (isOld || reference.field !== 'canonical_equivalent_id') continue
      const twin = standing.find((other) => keyOf(other) === keyOf(reference))
      assert.equal(twin?.fields.canonical_equivalent_id, thing.id, `${keyOf(thing)} is paired from both sides`)
    }
  }
}

/** Every item stands, or the plan says why not; every retired row is kept, and is off only where nobody needed it. */
function namesEveryItem(manifest: Manifest, present: Present, plan: MergePlan): void {
  const items = new Set(itemsOf(manifest).map(keyOf))
  const why = new Map(plan.lines.map((line) => [keyOf(line), line.action]))
  for (const key of items) {
    const stands = present.things.some((thing) => keyOf(thing) === key && !thing.removed)
    assert.ok(stands || ['tombstone', 'name_taken', 'absent'].includes(why.get(key) ?? ''), `${key} is missing in silence`)
  }
  for (const { after, before } of plan.changes) {
    if (items.has(keyOf(after))) continue
    assert.deepEqual({ ...before!.fields, disabled: true }, after.fields, 'a retired row is put out of use, and nothing else')
    const users = present.things.filter((other) => !other.removed && other.fields.disabled !== true && refersTo(other, after))
    assert.deepEqual(users, [], 'and nothing that is in use needs it')
  }
}

function refersTo(other: Thing, thing: Thing): boolean {
  return referencesOf(other).some(({ field, ...reference }) => field !== 'canonical_equivalent_id' && keyOf(reference) === keyOf(thing))
}

function find({ things }: Present, thing: Thing): Thing | undefined {
  return things.find((each) => keyOf(each) === keyOf(thing))
}

/** The paths at which what was said and what stands can differ: an auth and an array are one value, and so is an object in the place of another value. */
function leaves(base: Value, ours: Value, path: Path = []): readonly Path[] {
  const isAdded = base === undefined && isObject(ours) && Object.keys(ours).length > 0
  if (!isObject(ours) || !(isObject(base) || isAdded) || (path.length === 1 && path[0] === 'auth')) return [path]
  const said = isObject(base) ? base : {}
  return [...new Set([...Object.keys(said), ...Object.keys(ours)])].flatMap((key) =>
    leaves(valueAt(said, [key]), valueAt(ours, [key]), [...path, key]),
  )
}

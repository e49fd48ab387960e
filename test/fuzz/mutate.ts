/** Seeded damage to inputs: to bytes, to the values of a JSON text, and to the events of a stream. */

import { type Json, parseJson } from '../../src/core/json.ts'

/** A whole number from 0 to below `limit`. */
export type Dice = (limit: number) => number

/** mulberry32: small, quick and the same on every machine. */
export function dice(seed: number): Dice {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}

export type Mutation = (input: Buffer, other: Buffer, roll: Dice) => Buffer

/** As text: some of them no literal of this language can hold. */
const odd = JSON.parse(String.raw`[
  null, true, false, 0, -1, 1.5, 1e308, 9007199254740993, "", " ", "x", "\u0000", "\ud800", "__proto__", "constructor", "[DONE]", "{", "{\"a\":1}",
  [], {}, [null], [[]], [{}], {"type":"text"}, {"type":"tool_use"}, {"type":"unheard_of"}, {"text":null}, {"role":"user"}, {"role":"nobody"},
  {"cache_control":{"type":"ephemeral"}}, {"index":-1}, {"index":1e9}, {"function":null}, {"url":"data:,"}, {"url":"data:image/png;base64,"}
]`) as readonly Json[]

const fragments = '{ } [ ] " \\ \\u , : null NaN 1e - data: event: : \ufeff \ud83d \0'
  .split(' ')
  .concat(['\n', '\r', '\r\n', '\n\n', 'data: '])

export const mutateBytes: Mutation = (input, other, roll) => {
  const at = roll(input.length + 1)
  const length = 1 + roll(8)
  const before = input.subarray(0, at)
  const after = input.subarray(at)
  const ways: readonly (() => Buffer)[] = [
    () => Buffer.concat([before, after.subarray(length)]),
    () => Buffer.concat([before, Buffer.from(fragments[roll(fragments.length)]!), after]),
    () => Buffer.concat([before, Buffer.from([roll(256)]), after.subarray(1)]),
    () => Buffer.concat([before, after.subarray(0, length), after]),
    () => Buffer.concat([before, other.subarray(roll(other.length + 1))]),
    () => before,
  ]
  return ways[roll(ways.length)]!()
}

/** The text with one value anywhere in it changed, taken out, doubled or put in another's place. Where it is no JSON, its bytes suffer. */
export const mutateJson: Mutation = (input, other, roll) => {
  const value = parseJson(input.toString())
  if (value === undefined || roll(8) === 0) return mutateBytes(input, other, roll)
  const changed = changedSomewhere(value, parseJson(other.toString()) ?? null, roll)
  return Buffer.from(JSON.stringify(changed) ?? 'null')
}

/** Events lost, doubled, swapped, put in from elsewhere, or changed inside. */
export const mutateStream: Mutation = (input, other, roll) => {
  if (roll(6) === 0) return mutateBytes(input, other, roll)
  const frames = input.toString().split(/(?<=\n\n)/)
  const strangers = other.toString().split(/(?<=\n\n)/)
  const at = roll(frames.length)
  const to = roll(frames.length)
  const ways: readonly (() => string[])[] = [
    () => frames.toSpliced(at, 1),
    () => frames.toSpliced(to, 0, frames[at]!),
    () => frames.with(at, frames[to]!).with(to, frames[at]!),
    () => frames.toSpliced(at, 0, strangers[roll(strangers.length)]!),
    () => frames.with(at, changedFrame(frames[at]!, other, roll)),
    () => frames.with(at, changedFrame(frames[at]!, other, roll)),
    () => frames.slice(0, at),
  ]
  return Buffer.from(ways[roll(ways.length)]!().join(''))
}

function changedFrame(frame: string, other: Buffer, roll: Dice): string {
  return frame.replace(/^data: (.*)$/m, (line, data: string) =>
    parseJson(data) === undefined ? line : `data: ${mutateJson(Buffer.from(data), other, roll).toString().replaceAll('\n', ' ')}`,
  )
}

function changedSomewhere(value: Json, other: Json, roll: Dice): Json {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (keys.length === 0 || roll(6) === 0) return strange(other, roll)
  const key = keys[roll(keys.length)]!
  if (Array.isArray(value)) {
    const list = value as readonly Json[]
    const at = Number(key)
    const ways: readonly (() => Json)[] = [
      () => list.toSpliced(at, 1),
      () => list.toSpliced(at, 0, list[at]!),
      () => list.toSpliced(at, 0, strange(other, roll)),
      () => list.with(at, changedSomewhere(list[at]!, other, roll)),
      () => list.with(at, changedSomewhere(list[at]!, other, roll)),
      () => list.toReversed(),
    ]
    return ways[roll(ways.length)]!()
  }
  const members = Object.entries(value as Readonly<Record<string, Json>>)
  const at = keys.indexOf(key)
  const [, inner] = members[at]!
  const ways: readonly (() => [string, Json][])[] = [
    () => members.toSpliced(at, 1),
    () => members.with(at, [key, changedSomewhere(inner, other, roll)]),
    () => members.with(at, [key, changedSomewhere(inner, other, roll)]),
    () => members.with(at, [key, changedSomewhere(inner, other, roll)]),
    () => [...members, [`x_${key}`, inner]],
    () => members.with(at, [key, members[roll(members.length)]![1]]),
  ]
  return Object.fromEntries(ways[roll(ways.length)]!())
}

function strange(other: Json, roll: Dice): Json {
  if (roll(4) > 0) return odd[roll(odd.length)]!
  let here = other
  for (let depth = roll(6); depth > 0; depth -= 1) {
    const inner = typeof here === 'object' && here !== null ? Object.values(here) : []
    if (inner.length === 0) break
    here = inner[roll(inner.length)] as Json
  }
  return here
}

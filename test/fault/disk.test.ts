import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDisk } from './disk.ts'
import type { Entry } from './journal.ts'
import { diceOf } from './random.ts'

const path = '/d/file'
const write = (offset: number, bytes: Buffer): Entry => ({ kind: 'write', path, offset, bytes })
const sync: Entry = { kind: 'sync', path }

const writes = fc.array(
  fc.record({ offset: fc.nat(3_000), length: fc.integer({ min: 1, max: 1_500 }), value: fc.integer({ min: 1, max: 255 }) }),
  { minLength: 1, maxLength: 8 },
)

test('what a sync has covered is in every image, byte for byte', () => {
  fc.assert(
    fc.property(writes, fc.nat(), (all, seed) => {
      const disk = createDisk(new Map())
      let expected = Buffer.alloc(0)
      for (const { offset, length, value } of all) {
        const bytes = Buffer.alloc(length, value)
        disk.apply(write(offset, bytes))
        const grown = Buffer.alloc(Math.max(expected.length, offset + length))
        expected.copy(grown)
        bytes.copy(grown, offset)
        expected = grown
      }
      disk.apply(sync)
      assert.deepEqual(disk.image(diceOf(seed)).get(path), expected)
    }),
    { numRuns: 60 },
  )
})

test('after a cut each sector shows the synced bytes or those of one of the writes since, and no other', () => {
  fc.assert(
    fc.property(writes, fc.nat(), (later, seed) => {
      const base = Buffer.alloc(4_608, 0)
      const disk = createDisk(new Map([[path, base]]))
      for (const { offset, length, value } of later) disk.apply(write(offset, Buffer.alloc(length, value)))
      const image = disk.image(diceOf(seed)).get(path)!
      for (const [at, byte] of image.entries()) {
        const couldBe = later.filter(({ offset, length }) => at >= offset && at < offset + length).map(({ value }) => value)
        assert.ok(byte === 0 || couldBe.includes(byte), `byte ${at} is ${byte}`)
      }
    }),
    { numRuns: 60 },
  )
})

test('a write that no sync has covered is there after some cuts and missing after others', () => {
  const disk = createDisk(new Map([[path, Buffer.alloc(512)]]))
  disk.apply(write(0, Buffer.alloc(512, 7)))
  const seen = new Set(Array.from({ length: 40 }, (_, seed) => disk.image(diceOf(seed)).get(path)![0]))
  assert.deepEqual(seen, new Set([0, 7]))
})

test('a new file can be missing until its folder or itself is synced, and a removed one can come back until the folder is', () => {
  const present = (disk: ReturnType<typeof createDisk>) =>
    new Set(Array.from({ length: 40 }, (_, seed) => disk.image(diceOf(seed)).has(path)))
  const fresh = createDisk(new Map())
  fresh.apply({ kind: 'open', path, created: true, truncated: false })
  assert.deepEqual(present(fresh), new Set([true, false]))
  fresh.apply({ kind: 'syncFolder' })
  assert.deepEqual(present(fresh), new Set([true]))
  fresh.apply({ kind: 'unlink', path })
  assert.deepEqual(present(fresh), new Set([true, false]))
  fresh.apply({ kind: 'syncFolder' })
  assert.deepEqual(present(fresh), new Set([false]))
})

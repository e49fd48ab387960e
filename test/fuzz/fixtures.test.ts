import { test } from 'node:test'
import { fixturesOf } from './fixtures.ts'
import { dice } from './mutate.ts'
import { targets } from './targets.ts'

for (const [decoder, { seeds, mutate, check }] of Object.entries(targets)) {
  test(`${decoder}: inputs that once broke it do so no more`, () => {
    for (const { bytes } of fixturesOf(decoder)) check(bytes)
  })

  test(`${decoder}: a few hundred damaged inputs break nothing`, () => {
    const roll = dice(7)
    const sound = seeds()
    for (let turn = 0; turn < 300; turn += 1) check(mutate(sound[roll(sound.length)]!, sound[roll(sound.length)]!, roll))
  })
}

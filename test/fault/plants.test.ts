import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repository } from './children.ts'
import { plants } from './plants.ts'

for (const [name, { edits }] of Object.entries(plants)) {
  test(`the planted fault "${name}" finds its place in the code, once`, () => {
    for (const { file, find } of edits) assert.equal(readFileSync(join(repository, file), 'utf8').split(find).length, 2, `${file}: ${find}`)
  })
}

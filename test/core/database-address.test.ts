import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPostgres, withoutPassword } from '../../src/core/database-address.ts'

test('a postgres address is told from a file by its scheme', () => {
  assert.deepEqual(['postgres://h/d', 'postgresql://h/d', ':memory:', '/x/postgres.db', 'purser.db'].map(isPostgres), [
    true,
    true,
    false,
    false,
    false,
  ])
})

test('no spelling of a password is left in an address that is shown, and the schema it names is', () => {
  const spelled = [
    'postgres://ann:hunter2@h:5432/books?options=-c%20search_path%3Dpurser',
    'postgres://ann@h:5432/books?password=hunter2&options=-c%20search_path%3Dpurser',
    'postgres://ann:hunter2@h:5432/books?options=-c%20search_path%3Dpurser&password=hunter2',
  ]
  for (const address of spelled) {
    assert.doesNotMatch(withoutPassword(address), /hunter2/)
    assert.match(withoutPassword(address), /^postgres:\/\/ann@h:5432\/books\?options=.*search_path.*purser$/)
  }
  assert.doesNotMatch(withoutPassword('postgres://ann:hunter2#@h/books'), /hunter2/)
})

test('a file and a database in memory are shown as they are', () => {
  for (const database of [':memory:', '/data/purser.db']) assert.equal(withoutPassword(database), database)
})

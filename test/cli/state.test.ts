import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eachDatabase } from '../support/databases.ts'
import { purser, readyOn } from './screen.ts'

eachDatabase((database) => {
  test('the state goes into a file and out of it: export, an edit, diff, apply', async (t) => {
    const environment = await readyOn(t, database)
    const run = (...argv: string[]) => purser(argv, environment)
    const file = join(environment.PURSER_HOME, 'state.toml')
    const exported = await run('export')
    assert.match(exported.out, /^purser = 1\n/)
    writeFileSync(file, exported.out)
    assert.deepEqual((await run('diff', '-f', file, '--prune')).exitCode, 0)
    assert.ok((await run('export', '--format', 'json')).out.startsWith('{\n  "purser": 1,'))

    writeFileSync(file, `${exported.out}\n[[routes]]\nname = "way"\nmembers = [ { profile = "simulated" } ]\n`.replace('routes = []\n', ''))
    const shown = await run('diff', '-f', file)
    assert.equal(shown.exitCode, 8, shown.err)
    assert.match(shown.out, /create +route +way/)
    const applied = await run('apply', '-f', file)
    assert.equal(applied.exitCode, 0, applied.err)
    assert.equal((await run('diff', '-f', file)).exitCode, 0)
    assert.match((await run('routes', 'list')).out, /way +simulated/)

    writeFileSync(file, 'purser = 1\n[[profiles]]\nname = "UPPER"\n')
    const refused = await run('apply', '-f', file)
    assert.equal(refused.exitCode, 2)
    assert.match(refused.err, /has one fault, so none of it can be applied\. profiles\.0\.name: A name is/)
  })
})

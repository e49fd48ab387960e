import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachDatabase } from '../support/databases.ts'
import { purser, readyOn } from './screen.ts'

eachDatabase((database) => {
  test('a blocked flip is shown with all that is in its way, and ends with the exit code of a decision', async (t) => {
    const environment = await readyOn(t, database)
    const run = (...argv: string[]) => purser(argv, environment)
    await run('profiles', 'create', 'fast', '--provider', 'openai', '--connection', 'openai', '--model', 'gpt-4o-mini')
    const blocked = await run('mode', 'plan', '--to', 'platform', '--profile', 'fast')
    assert.equal(blocked.exitCode, 8, blocked.err)
    assert.match(blocked.out, /fast +openai +openai-platform/)
    for (const what of ['is disabled', 'has no base_url', '--allow-unlisted', 'is absent'])
      assert.ok(blocked.out.includes(what), blocked.out)
    const json = await run('mode', 'plan', '--to', 'platform', '--profile', 'fast', '--json')
    assert.equal(json.exitCode, 8)
    const refused = await run('mode', 'flip', '--plan', (JSON.parse(json.out) as { plan: string }).plan)
    assert.equal(refused.exitCode, 8)
    const nothing = await run('mode', 'plan', '--to', 'own', '--profile', 'fast')
    assert.deepEqual([nothing.exitCode, nothing.out.includes('Nothing would move.')], [0, true])
  })
})

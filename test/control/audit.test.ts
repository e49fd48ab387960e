import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { auditGet, auditList } from '../../src/control/nouns/audit.ts'
import { invoke } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks, start } from './books.ts'

eachStore((fresh) => {
  const open = async (t: TestContext) => {
    const clock = new HandClock()
    const { context } = await openBooks(t, await fresh(t, { clock }), clock)
    const run = (name: string, input: object, by = context) => invoke(operations.find((each) => each.name === name)!, by, input)
    const list = async (input: object) => auditList.output.parse(await invoke(auditList, context, input))
    return { clock, context, run, list }
  }

  test('what was changed is found by target, operation, actor and time, newest first', async (t) => {
    const { clock, context, run, list } = await open(t)
    const made = (await run('keys.create', { name: 'desk', kind: 'admin', scopes: { roles: ['admin'] } })) as { id: string }
    const desk = { ...context, actor: { ...context.actor, name: 'desk', keyId: made.id }, face: 'http' as const }
    clock.ms = start + 1000
    await run('connections.create', { name: 'work', provider: 'openai', auth: { type: 'none' } }, desk)
    await run('connections.update', { connection: 'work', name: 'desk-work' }, desk)
    await run('profiles.create', { name: 'swift', provider: 'openai', connection: 'desk-work', model: 'm' })
    const found = async (input: object) => (await list(input)).items.map((item) => item.operation)
    assert.deepEqual(await found({ target: 'desk-work' }), ['connections.update', 'connections.create'])
    assert.deepEqual(await found({ operation: 'connections' }), ['connections.update', 'connections.create'])
    assert.deepEqual(await found({ operation: 'profiles.create' }), ['profiles.create'])
    assert.deepEqual(await found({ actor: 'desk' }), ['connections.update', 'connections.create'])
    assert.deepEqual(await found({ actor: 'local', since: start + 1000 }), ['profiles.create'])
    assert.deepEqual(await found({ until: start + 1000, operation: 'profiles' }), [])
    assert.deepEqual(await found({ target: 'nobody' }), [])
    const [newest] = (await list({ target: 'desk-work', limit: 1 })).items
    const { target, actor, face, before, after } = auditGet.output.parse(await invoke(auditGet, context, { entry: newest!.id }))
    assert.deepEqual(
      { target, actor, face, before, after },
      { target: 'desk-work', actor: 'desk', face: 'http', before: { name: 'work' }, after: { name: 'desk-work' } },
    )
    await assert.rejects(invoke(auditGet, context, { entry: 'nothing' }), { kind: 'not_found' })
  })

  test('who changed the price of a model, is asked by the name of the model', async (t) => {
    const { run, list } = await open(t)
    const price = { provider: 'openai', input_token_cost_per_1m: '75', output_token_cost_per_1m: '30', effective_from: start }
    const { id } = (await run('rates.create', { ...price, model: 'wrong-card' })) as { id: string }
    await run('rates.create', { ...price, model: 'another' })
    await run('rates.void', { card: id, reason: 'typed in cents' })
    const found = (await list({ target: 'wrong-card' })).items
    assert.deepEqual(
      found.map((item) => [item.operation, item.target, item.target_id]),
      [
        ['rates.void', 'wrong-card', id],
        ['rates.create', 'wrong-card', id],
      ],
    )
  })

  test('pages of any size join to the whole log, each entry once', async (t) => {
    const { run, list } = await open(t)
    for (let n = 0; n < 5; n++) await run('providers.create', { name: `p${n}`, contract: 'openai-chat', base_url: 'https://p.example' })
    const whole = (await list({})).items.map((item) => item.id)
    for (const limit of [1, 2, 100]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await list({ limit, ...(cursor === undefined ? {} : { cursor }) })
        seen.push(...page.items.map((item) => item.id))
        cursor = page.next ?? undefined
      } while (cursor !== undefined && seen.length <= whole.length)
      assert.deepEqual(seen, whole)
    }
  })
})

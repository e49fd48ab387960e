import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasSentence } from '../../src/cli/backfill-reasons.ts'
import { backfillPlanExitCode, renderBackfillPlan } from '../../src/cli/backfill-view.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import type { Json } from '../../src/core/json.ts'
import { texts } from '../backfill/arbitrary-config.ts'
import { type House, openHouse } from '../backfill/house.ts'
import { open } from '../support/stores.ts'

const fixtures = new URL('../backfill/fixtures/', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, fixtures), 'utf8')
const terminal = { width: 200, paint: (_style: string, text: string) => text } as unknown as Terminal
const planned = (house: House, asked: object) => house.run('backfill.plan', { ...asked, dry_run: true })

test('every reason that a plan gives has its sentence', async (t) => {
  const house = await openHouse(t, await open(t, ':memory:'))
  const files = [
    ...readdirSync(fixtures)
      .filter((file) => !file.includes('rows'))
      .map((file) => ({ config: read(file), connections: null as string | null, credentials: null as string | null })),
    ...fc.sample(texts, { numRuns: 150, seed: 5 }),
  ]
  const missing = new Set<string>()
  for (const { config, connections, credentials } of files) {
    const beside = { ...(connections === null ? {} : { connections }), ...(credentials === null ? {} : { credentials }) }
    const { lines } = (await planned(house, { config, ...beside })) as unknown as { lines: { reason: string }[] }
    for (const { reason } of lines) if (!hasSentence(reason)) missing.add(reason)
  }
  assert.deepEqual([...missing], [])
})

test('a plan reads on a terminal: place, target, sentence, who said it, era, and the key to delete', async (t) => {
  const house = await openHouse(t, await open(t, ':memory:'))
  const shown = renderBackfillPlan(await planned(house, { config: read('flat.json') }), terminal, 'purser')
  assert.match(shown, /^ACTION +KIND +NAME +FIELD +VALUE +REASON +PLACE +SAID BY +ERA$/m)
  assert.match(shown, /^create +profile +default-model +max_tokens +9000 +tuning +\/maxTokens +user +E1$/m)
  assert.match(shown, /^\/pricingOverrides\/1 \(rate card .*\)\n {2}The price is for a beginning .*\[pattern_names_no_model, user, E1\]$/m)
  assert.match(shown, /^tuning +As the file says it\.$/m)
  assert.match(shown, /^secret_not_kept +A key that has no use here\..* delete the line there\.$/m)
  assert.match(shown, /^\/apiKeys\/anthropic is a key in clear\. It is sealed for anthropic: delete this line/m)
  assert.ok(!shown.includes('not-a-real-key'))
})

test('a plan ends with 0, with 8 where something waits, and with 78 where it is refused', async (t) => {
  const house = await openHouse(t, await open(t, ':memory:'))
  const codeOf = async (asked: object) => backfillPlanExitCode((await planned(house, asked)) as Json)
  const sound = JSON.stringify({ services: { inference: { mode: 'your-own', provider: 'openai', model: 'gpt-5.2' } } })
  assert.equal(await codeOf({ config: sound }), 0)
  assert.equal(await codeOf({ config: read('flat.json') }), 8)
  assert.equal(await codeOf({ config: read('flat.json'), leave_undecided: true }), 0)
  await house.move({ config: sound })
  const crossing = await planned(house, { config: sound.replace('your-own', 'managed') })
  assert.equal(backfillPlanExitCode(crossing as Json), 78)
  assert.match(
    renderBackfillPlan(crossing as Json, terminal, 'purser'),
    /refused, because of "default": Calls by this name would come to be paid/,
  )
})

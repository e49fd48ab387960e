import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { explainCall } from '../../src/control/books/explain.ts'
import { doctor } from '../../src/control/health/doctor.ts'
import { invoke } from '../../src/control/operation.ts'
import { ratesCreate } from '../../src/control/rates/rates-create.ts'
import type { Charged } from '../../src/pricing/charged.ts'
import { eachStore } from '../support/stores.ts'
import { type Books, type Entry, HandClock, openBooks } from './books.ts'

const entries: Readonly<Record<string, Entry>> = {
  'a plain one': {},
  'one with cache reads and writes': { meters: { input_tokens: 3n, cache_read_tokens: 900n, cache_write_tokens: 40n, output_tokens: 8n } },
  'one without a card': { model: 'nobody-prices-this' },
  'one whose usage is unknown': { meters: null, outcome: 'unknown' },
  'one that was not sent': { outcome: 'not_sent' },
}

eachStore((fresh) => {
  const books = async (t: TestContext) => {
    const clock = new HandClock()
    return openBooks(t, await fresh(t, { clock }), clock)
  }

  test('every settled call comes out again, line by line', async (t) => {
    const ledger = await books(t)
    for (const [name, entry] of Object.entries(entries)) {
      const call = await ledger.enter(entry)
      const explained = explainCall.output.parse(await invoke(explainCall, ledger.context, { call }))
      assert.deepEqual(explained.attempts[0]?.disagreements, [], name)
      assert.equal(explained.agrees, true, name)
    }
    assert.equal((await checks(ledger)).get('I5 every charge comes out again'), 'ok')
  })

  test('the arithmetic of a line can be followed by hand, and its card says where it came from', async (t) => {
    const ledger = await books(t)
    const call = await ledger.enter({ meters: { input_tokens: 1234n } })
    const [attempt] = explainCall.output.parse(await invoke(explainCall, ledger.context, { call })).attempts
    assert.equal(attempt?.lines[0]?.arithmetic, '1234 × 1.00 / 1000000 = 0.001234')
    assert.equal(attempt?.cards[0]?.model, 'simulated-1')
    assert.match(attempt?.cards[0]?.source ?? '', /^manifest@/)
  })

  test('a later card changes nothing that was explained before', async (t) => {
    const ledger = await books(t)
    const call = await ledger.enter({})
    ledger.clock.ms += 1000
    await invoke(ratesCreate, ledger.context, {
      ...{ provider: 'simulated', model: 'simulated-1', input_token_cost_per_1m: '9.00', output_token_cost_per_1m: '9.00' },
      ...{ effective_from: 0, revision: 1 },
    })
    const after = explainCall.output.parse(await invoke(explainCall, ledger.context, { call }))
    assert.equal(after.agrees, true)
    assert.equal(after.attempts[0]?.charged, '0.00002')
    ledger.clock.ms += 1000
    const dearer = await ledger.enter({})
    assert.equal(explainCall.output.parse(await invoke(explainCall, ledger.context, { call: dearer })).attempts[0]?.charged, '0.000135')
  })

  const faults: Readonly<Record<string, (charged: Charged) => Charged>> = {
    'an amount that its own figures do not make': (charged) => ({
      ...charged,
      lines: charged.lines.map((line) => ({ ...line, amountPico: line.amountPico + 1n })),
    }),
    'a price that no card gives': (charged) => ({
      ...charged,
      lines: charged.lines.map((line) => ({ ...line, priceNanos: line.priceNanos * 2n, amountPico: line.amountPico * 2n })),
    }),
    'a line that is missing': (charged) => ({ ...charged, lines: charged.lines.slice(1) }),
    'a total that is not the sum': (charged) => ({ ...charged, chargedPico: (charged.chargedPico ?? 0n) + 1n }),
    'a status that is too good': (charged) => ({ ...charged, pricingStatus: 'included' }),
  }
  for (const [name, spoil] of Object.entries(faults)) {
    test(`${name} is found by explain and by doctor`, async (t) => {
      const ledger = await books(t)
      await ledger.enter({})
      const call = await ledger.enter({ spoil })
      const explained = explainCall.output.parse(await invoke(explainCall, ledger.context, { call }))
      assert.equal(explained.agrees, false)
      const sentences = explained.attempts[0]!.disagreements
      assert.ok(sentences.length > 0)
      assert.equal(
        sentences.some((sentence) => sentence.includes('its own figures make')),
        name.includes('its own figures'),
      )
      const found = doctor.output.parse(await invoke(doctor, ledger.context, {}))
      assert.equal(found.healthy, false)
      assert.equal(found.items.find((item) => item.check.startsWith('I5'))?.mend, `purser explain call ${call}`)
    })
  }

  test('doctor counts open attempts, and settled ones that are still marked open', async (t) => {
    const ledger = await books(t)
    await ledger.enter({ outcome: 'open' })
    assert.equal((await checks(ledger)).get('open attempts'), 'warning')
    const call = await ledger.enter({})
    const { writer } = ledger.context.store
    const again = writer.insertTemplate('open_attempts', ['attempt_id', 'created_at'], {
      instance_id: 'x',
      progress: null,
      progress_at: null,
    })
    await new Promise<void>((resolve, reject) =>
      writer.settle([{ template: again, values: [`${call}.1`, 1] }], (error) => (error ? reject(error) : resolve())),
    )
    assert.equal((await checks(ledger)).get('open rows match attempts without settlement'), 'failed')
  })
})

async function checks(ledger: Books): Promise<ReadonlyMap<string, string>> {
  return new Map(doctor.output.parse(await invoke(doctor, ledger.context, {})).items.map((item) => [item.check, item.result]))
}

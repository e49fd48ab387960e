import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Meter, meterOrder } from '../../src/core/meters.ts'
import type { PriceContext, Usage } from '../../src/core/usage.ts'
import { rateBook } from '../../src/pricing/book.ts'
import { type ChargeQuery, chargeUsage } from '../../src/pricing/charge.ts'
import type { Charged } from '../../src/pricing/charged.ts'
import { amountPico, printAmount } from '../../src/pricing/money.ts'
import type { RateRows } from '../../src/pricing/rows.ts'
import { card, component, multiplier } from './rows.ts'

type Counts = Partial<Record<Meter, number | bigint>>

function usage(...segments: (Counts & { readonly model?: string })[]): Usage {
  return {
    flags: [],
    segments: segments.map(({ model, ...counts }) => ({
      ...(model === undefined ? {} : { model }),
      meters: Object.fromEntries(Object.entries(counts).map(([meter, qty]) => [meter, BigInt(qty)])),
    })),
  }
}

function charge(rows: RateRows, used: Usage | null, rest: Partial<ChargeQuery> = {}): Charged {
  const asked = {
    providerId: 'p',
    connectionId: 'c',
    billing: 'own',
    requestedModel: 'm',
    reportedModel: 'm',
    at: 9,
    knownAt: 9,
    context: {},
  } as const
  return chargeUsage({ book: rateBook(rows), usage: used, ...asked, ...rest })
}

const amounts = (charged: Charged): readonly bigint[] => charged.lines.map((line) => line.amountPico)
const totalOf = (charged: Charged): string | null => (charged.chargedPico === null ? null : printAmount(charged.chargedPico))
const in_ = (context: PriceContext): Partial<ChargeQuery> => ({ context })

test('example 1: fresh text in and out', () => {
  const charged = charge({ cards: [card({ model: 'm', input: '2.50', output: '10' })] }, usage({ input_tokens: 1234, output_tokens: 567 }))
  assert.deepEqual(amounts(charged), [3_085_000_000n, 5_670_000_000n])
  assert.equal(totalOf(charged), '0.008755')
  assert.deepEqual(
    [charged.pricingStatus, charged.currency, charged.matched, charged.costSource, charged.rulesVersion],
    ['priced', 'USD', 'exact', 'computed', 1],
  )
})

test('example 2: a prompt written to the cache, then read from it', () => {
  const rows = { cards: [card({ model: 'm', input: '5', output: '30', cacheWrite: '6.25', cacheRead: '0.50' })] }
  const wrote = charge(rows, usage({ input_tokens: 8, cache_write_tokens: 4012, output_tokens: 5 }))
  assert.deepEqual(amounts(wrote), [40_000_000n, 25_075_000_000n, 150_000_000n])
  assert.equal(totalOf(wrote), '0.025265')
  const read = charge(rows, usage({ input_tokens: 8, cache_read_tokens: 4012, output_tokens: 5 }))
  assert.deepEqual(amounts(read), [40_000_000n, 2_006_000_000n, 150_000_000n])
  assert.equal(totalOf(read), '0.002196')
})

test('example 3: cache writes at two lifetimes have two prices', () => {
  const sonnet = card({ model: 'm', input: '3', output: '15', cacheWrite: '3.75', cacheRead: '0.30' })
  const rows = { cards: [sonnet], components: [component(sonnet, 'cache_write_1h_tokens', '6')] }
  const charged = charge(
    rows,
    usage({ input_tokens: 2389, cache_write_5m_tokens: 1000, cache_write_1h_tokens: 500, cache_read_tokens: 90_000, output_tokens: 777 }),
  )
  assert.deepEqual(
    charged.lines.map((line) => [line.meter, line.amountPico]),
    [
      ['input_tokens', 7_167_000_000n],
      ['cache_read_tokens', 27_000_000_000n],
      ['cache_write_5m_tokens', 3_750_000_000n],
      ['cache_write_1h_tokens', 3_000_000_000n],
      ['output_tokens', 11_655_000_000n],
    ],
  )
  assert.equal(totalOf(charged), '0.052572')
})

test('example 4: a context tier moves the whole request, from the first token beyond its bound', () => {
  const sol = card({ model: 'm', input: '5', output: '30', cacheRead: '0.50' })
  const long = { context_tokens: { gt: 272_000 } }
  const components = [
    component(sol, 'input_tokens', '10', long),
    component(sol, 'cache_read_tokens', '1', long),
    component(sol, 'output_tokens', '45', long),
  ]
  const rows = { cards: [sol], components }
  const at = charge(rows, usage({ input_tokens: 72_000, cache_read_tokens: 200_000, output_tokens: 1000 }))
  assert.deepEqual(amounts(at), [360_000_000_000n, 100_000_000_000n, 30_000_000_000n])
  assert.equal(totalOf(at), '0.49')
  const beyond = charge(rows, usage({ input_tokens: 72_001, cache_read_tokens: 200_000, output_tokens: 1000 }))
  assert.deepEqual(amounts(beyond), [720_010_000_000n, 200_000_000_000n, 45_000_000_000n])
  assert.equal(totalOf(beyond), '0.96501')
})

test('a bound with gte holds at its very number', () => {
  const grok = card({ model: 'm', input: '2', output: '6' })
  const rows = { cards: [grok], components: [component(grok, 'input_tokens', '4', { context_tokens: { gte: 200_000 } })] }
  assert.equal(totalOf(charge(rows, usage({ input_tokens: 199_999 }))), '0.399998')
  assert.equal(totalOf(charge(rows, usage({ input_tokens: 200_000 }))), '0.8')
})

test('examples 6 and 7: searches and requests are priced by the thousand', () => {
  const opus = card({ model: 'm', input: '5', output: '25' })
  const search = component(opus, 'web_searches', '10', {}, { per_units: 1000n })
  assert.deepEqual(
    amounts(charge({ cards: [opus], components: [search] }, usage({ input_tokens: 1000, output_tokens: 200, web_searches: 3 }))),
    [5_000_000_000n, 5_000_000_000n, 30_000_000_000n],
  )
  const sonar = card({ model: 'm', input: '3', output: '15' })
  const request = component(sonar, 'requests', '14', {}, { per_units: 1000n })
  const charged = charge({ cards: [sonar], components: [request] }, usage({ input_tokens: 500, output_tokens: 100 }))
  assert.deepEqual(amounts(charged), [1_500_000_000n, 1_500_000_000n, 14_000_000_000n])
  assert.equal(totalOf(charged), '0.017')
})

test('example 8: a price of nine decimals rounds once', () => {
  const charged = charge(
    { cards: [card({ model: 'm', input: '1', output: '1', cacheWrite: '0.083333333' })] },
    usage({ cache_write_tokens: 2161 }),
  )
  assert.equal(totalOf(charged), '0.000180083333')
})

test('example 9: a tie goes to the even pico', () => {
  const batch = card({ model: 'm', input: '0.546875', output: '1' })
  const rows = { cards: [batch], multipliers: [multiplier(batch, '1/2', { service_tier: ['batch'] })] }
  const input = (qty: number): readonly bigint[] => amounts(charge(rows, usage({ input_tokens: qty }), in_({ service_tier: 'batch' })))
  assert.deepEqual([input(3), input(5)], [[820_312n], [1_367_188n]])
})

test('example 10: factors multiply, in lowest terms', () => {
  const regional = card({ model: 'm', input: '2.50', output: '10' })
  const multipliers = [multiplier(regional, '11/10', { region: ['us'] }), multiplier(regional, '1/2', { service_tier: ['batch'] })]
  const rows = { cards: [regional], multipliers }
  const used = usage({ input_tokens: 1_234_567 })
  const one = charge(rows, used, in_({ region: 'us' }))
  assert.equal(totalOf(one), '3.39505925')
  const two = charge(rows, used, in_({ region: 'us', service_tier: 'batch' }))
  assert.equal(totalOf(two), '1.697529625')
  assert.deepEqual(
    two.lines.map((line) => [line.num, line.den, line.multiplierIds]),
    [[11n, 20n, multipliers.map((row) => row.id)]],
  )
})

test('example 11: reasoning is billed as output where it has no price of its own', () => {
  const charged = charge(
    { cards: [card({ model: 'm', input: '0.30', output: '0.50', cacheRead: '0.075' })] },
    usage({ input_tokens: 1, cache_read_tokens: 11, output_tokens: 1, reasoning_tokens: 290 }),
  )
  assert.deepEqual(amounts(charged), [300_000n, 825_000n, 500_000n, 145_000_000n])
  assert.equal(totalOf(charged), '0.000146625')
  assert.deepEqual(
    charged.lines.map((line) => line.priceMeter),
    ['input_tokens', 'cache_read_tokens', 'output_tokens', 'output_tokens'],
  )
})

test('example 12: every segment is billed, and one request in all', () => {
  const sonnet = card({ model: 'm', input: '3', output: '15', cacheWrite: '3.75', cacheRead: '0.30' })
  const charged = charge(
    { cards: [sonnet] },
    usage({ input_tokens: 100, cache_write_5m_tokens: 55_096, output_tokens: 82 }, { input_tokens: 180, output_tokens: 8 }),
  )
  assert.deepEqual(amounts(charged), [300_000_000n, 206_610_000_000n, 1_230_000_000n, 540_000_000n, 120_000_000n])
  assert.deepEqual(
    charged.lines.map((line) => line.segment),
    [0, 0, 0, 1, 1],
  )
  assert.equal(totalOf(charged), '0.2088')
})

test('example 13: an hourly price on milliseconds', () => {
  const whisper = card({ model: 'm' })
  const rows = { cards: [whisper], components: [component(whisper, 'audio_ms', '0.04', {}, { per_units: 3_600_000n })] }
  const charged = charge(rows, usage({ input_audio_ms: 12_345 }))
  assert.deepEqual([amounts(charged), charged.lines[0]?.priceMeter], [[137_166_667n], 'audio_ms'])
})

test('example 15: on a subscription the same lines are shadow, and nothing is charged', () => {
  for (const billing of ['subscription', 'none'] as const) {
    const charged = charge(
      { cards: [card({ model: 'm', input: '2.50', output: '10' })] },
      usage({ input_tokens: 1234, output_tokens: 567 }),
      { billing },
    )
    assert.deepEqual(
      [charged.pricingStatus, charged.chargedPico, charged.shadowPico, charged.costSource],
      ['included', 0n, 8_755_000_000n, 'none'],
    )
    assert.deepEqual(
      charged.lines.map((line) => line.role),
      ['shadow', 'shadow'],
    )
  }
})

test('an included attempt without a card has no shadow price, which is not a shadow of zero', () => {
  const charged = charge({ cards: [] }, usage({ input_tokens: 1 }), { billing: 'none' })
  assert.deepEqual(
    [charged.pricingStatus, charged.chargedPico, charged.shadowPico, charged.unpriced],
    ['included', 0n, null, { input_tokens: 'no_card' }],
  )
})

test('no card is unpriced, unknown usage is unpriced, and neither is zero', () => {
  const none = charge({ cards: [] }, usage({ input_tokens: 5, output_tokens: 0 }))
  assert.deepEqual(
    [none.pricingStatus, none.chargedPico, none.currency, none.unpriced, none.lines],
    ['unpriced', null, null, { input_tokens: 'no_card' }, []],
  )
  const zeros = charge({ cards: [] }, usage({}))
  assert.deepEqual([zeros.pricingStatus, zeros.chargedPico], ['unpriced', null])
  const unknown = charge({ cards: [card({ model: 'm' })] }, null)
  assert.deepEqual([unknown.pricingStatus, unknown.chargedPico, unknown.unpriced], ['unpriced', null, { '*': 'usage_unknown' }])
})

test('a free card gives lines of zero, and a report of zeros costs zero plus the fee of the request', () => {
  const free = card({ model: 'm' })
  const charged = charge({ cards: [free] }, usage({ input_tokens: 7 }))
  assert.deepEqual([charged.pricingStatus, charged.chargedPico, amounts(charged)], ['priced', 0n, [0n]])
  assert.deepEqual([charge({ cards: [free] }, usage({})).pricingStatus, charge({ cards: [free] }, usage({})).chargedPico], ['priced', 0n])
  const fee = component(free, 'requests', '5', {}, { per_units: 1000n })
  assert.equal(totalOf(charge({ cards: [free], components: [fee] }, usage({}))), '0.005')
})

test('requests that a segment names are taken as named, none of them included', () => {
  const fee = card({ model: 'm' })
  const rows = { cards: [fee], components: [component(fee, 'requests', '5', {}, { per_units: 1000n })] }
  assert.deepEqual(amounts(charge(rows, usage({}, { requests: 0 }))), [])
  assert.deepEqual(amounts(charge(rows, usage({ requests: 2 }))), [10_000_000_000n])
})

test('a meter without a price leaves the rest priced, and says so', () => {
  const charged = charge({ cards: [card({ model: 'm', input: '1', output: '1' })] }, usage({ input_tokens: 1_000_000, web_searches: 2 }))
  assert.deepEqual([charged.pricingStatus, totalOf(charged), charged.unpriced], ['partially_priced', '1', { web_searches: 'no_price' }])
})

test('what a card does not sell is unpriced, whatever the column says', () => {
  const embedding = card({ model: 'm', input: '0.02', output: '0' })
  const rows = { cards: [embedding], components: [component(embedding, 'output_tokens', null)] }
  const charged = charge(rows, usage({ input_tokens: 1_000_000, output_tokens: 3 }))
  assert.deepEqual([charged.pricingStatus, totalOf(charged), charged.unpriced], ['partially_priced', '0.02', { output_tokens: 'not_sold' }])
  assert.deepEqual(charge(rows, usage({ output_tokens: 3 })).pricingStatus, 'unpriced')
})

test('what is sold by another measure is left out in silence, but only where a row prices that measure itself', () => {
  const image = card({ model: 'm', input: '1', output: '1' })
  const perImage = component(image, 'images', '0.04', {}, { per_units: 1n })
  const used = usage({ images: 2, image_pixels: 5_000_000, input_tokens: 1_000_000 })
  const charged = charge({ cards: [image], components: [perImage] }, used)
  assert.deepEqual([charged.pricingStatus, totalOf(charged), charged.unpriced], ['priced', '1.08', {}])
  assert.deepEqual(charge({ cards: [image] }, used).unpriced, { images: 'no_price', image_pixels: 'no_price' })
  assert.deepEqual(charge({ cards: [image] }, usage({ input_audio_ms: 5 })).unpriced, { input_audio_ms: 'no_price' })
  const hourly = {
    cards: [image],
    components: [component(image, 'audio_ms', '0.04', {}, { per_units: 3_600_000n }), component(image, 'input_audio_tokens', null)],
  }
  assert.deepEqual(charge(hourly, usage({ input_audio_tokens: 5, input_audio_ms: 5 })).unpriced, {})
})

test('a set without cache prices bills cached input at its own rate, never at the base rate', () => {
  const tiered = card({ model: 'm', input: '5', output: '30', cacheRead: '0.50' })
  const rows = { cards: [tiered], components: [component(tiered, 'input_tokens', '10', { service_tier: ['priority'] })] }
  const charged = charge(rows, usage({ cache_read_tokens: 1_000_000 }), in_({ service_tier: 'priority' }))
  assert.deepEqual([totalOf(charged), charged.lines[0]?.priceMeter], ['10', 'input_tokens'])
})

test('writes for an hour take the five-minute price where they have none, and cached audio the price of audio', () => {
  const five = card({ model: 'm', input: '3', output: '15', cacheWrite: '3.75', cacheRead: '0.30' })
  const hour = charge({ cards: [five] }, usage({ cache_write_1h_tokens: 1_000_000 }))
  assert.deepEqual([totalOf(hour), hour.lines[0]?.priceMeter], ['3.75', 'cache_write_tokens'])
  const audio = { cards: [five], components: [component(five, 'input_audio_tokens', '40')] }
  assert.equal(totalOf(charge(audio, usage({ cache_read_audio_tokens: 1_000_000 }))), '40')
  assert.equal(totalOf(charge({ cards: [five] }, usage({ cache_read_audio_tokens: 1_000_000 }))), '0.3')
})

test('higher priority, then more keys, then the higher bound decides between sets that hold', () => {
  const base = card({ model: 'm', input: '1', output: '1' })
  const set = (price: string, when: Parameters<typeof component>[3], priority = 0n): ReturnType<typeof component> =>
    component(base, 'input_tokens', price, when, { priority })
  const used = usage({ input_tokens: 1_000_000 })
  const total = (...components: ReturnType<typeof component>[]): string | null =>
    totalOf(charge({ cards: [base], components }, used, in_({ service_tier: 'flex' })))
  const flex = { service_tier: ['flex'] }
  assert.equal(total(set('2', flex, 1n), set('3', { ...flex, context_tokens: { gt: 5 } })), '2')
  assert.equal(total(set('2', flex), set('3', { ...flex, context_tokens: { gt: 5 } })), '3')
  assert.equal(total(set('3', { context_tokens: { gt: 5 } }), set('2', { context_tokens: { gte: 5 } })), '3')
  assert.equal(total(set('4', { service_tier: { not: ['standard'] } })), '4')
  assert.equal(total(set('4', { resolution: ['1080p'] })), '1')
  assert.equal(total(set('4', { thinking: false })), '4')
  assert.equal(total(set('9', {}, 99n), set('2', flex)), '2')
})

test('an explicit price beats a factor on the same keys, and an unconditional factor always applies', () => {
  const base = card({ model: 'm', input: '1', output: '1' })
  const when = { region: ['us'] }
  const components = [component(base, 'input_tokens', '7', when)]
  const priced = (...multipliers: ReturnType<typeof multiplier>[]): string | null =>
    totalOf(charge({ cards: [base], components, multipliers }, usage({ input_tokens: 1_000_000 }), in_({ region: 'us' })))
  assert.equal(priced(multiplier(base, '11/10', when)), '7')
  assert.equal(priced(multiplier(base, '2/1')), '14')
  assert.equal(priced(multiplier(base, '2/1', {}, ['output_tokens'])), '7')
})

test('a card with a condition that cannot be judged prices nothing rather than wrongly', () => {
  const timed = card({ model: 'm', input: '1', output: '1' })
  const rows = { cards: [timed], components: [component(timed, 'input_tokens', '2', { time: { tz: 'UTC', weekdays: [1] } })] }
  const charged = charge(rows, usage({ input_tokens: 1, output_tokens: 1 }))
  assert.deepEqual(
    [charged.pricingStatus, charged.chargedPico, charged.unpriced],
    ['unpriced', null, { input_tokens: 'no_price', output_tokens: 'no_price' }],
  )
  const factor = { cards: [timed], multipliers: [multiplier(timed, '2/1', { moon: ['full'] })] }
  assert.equal(charge(factor, usage({ input_tokens: 1 })).pricingStatus, 'unpriced')
})

test('a tier that no row of the card names is billed at base, with a flag', () => {
  const base = card({ model: 'm', input: '1', output: '1' })
  const used = usage({ input_tokens: 1 })
  assert.deepEqual(charge({ cards: [base] }, used, in_({ service_tier: 'priority' })).flags, ['tier_unlisted'])
  assert.deepEqual(charge({ cards: [base] }, used, in_({ service_tier: 'standard', speed: 'standard', region: 'global' })).flags, [])
  const listed = { cards: [base], components: [component(base, 'output_tokens', '2', { service_tier: ['priority'] })] }
  assert.deepEqual(charge(listed, used, in_({ service_tier: 'priority' })).flags, [])
  assert.deepEqual(charge(listed, used, in_({ service_tier: 'flex' })).flags, ['tier_unlisted'])
  const excluding = { cards: [base], multipliers: [multiplier(base, '2/1', { region: { not: ['global'] } })] }
  assert.deepEqual(charge(excluding, used, in_({ region: 'eu' })).flags, [])
})

test('a segment on another model is priced by that model, and unpriced without a card of its own', () => {
  const rows = {
    cards: [card({ model: 'm', input: '1', output: '1' }), card({ model: 'advisor', input: '5', output: '5', currency: 'USD' })],
  }
  const two = charge(rows, usage({ input_tokens: 1_000_000 }, { model: 'advisor', input_tokens: 1_000_000 }))
  assert.deepEqual([two.pricingStatus, totalOf(two), two.lines.map((line) => line.reportedModel)], ['priced', '6', ['m', 'advisor']])
  const missing = charge(rows, usage({ input_tokens: 1_000_000 }, { model: 'm2', input_tokens: 5, output_tokens: 1 }))
  assert.deepEqual(
    [missing.pricingStatus, totalOf(missing), missing.unpriced],
    ['partially_priced', '1', { input_tokens: 'no_card', output_tokens: 'no_card' }],
  )
})

test('two currencies are never added', () => {
  const rows = {
    cards: [card({ model: 'm', input: '1', output: '1', currency: 'CNY' }), card({ model: 'other', input: '1', output: '1' })],
  }
  const charged = charge(rows, usage({ input_tokens: 1_000_000 }, { model: 'other', input_tokens: 1_000_000 }))
  assert.deepEqual([charged.currency, totalOf(charged), charged.flags], ['CNY', '1', ['mixed_currency']])
  assert.deepEqual(
    charged.lines.map((line) => line.currency),
    ['CNY', 'USD'],
  )
})

test('a card in yen is charged in yen', () => {
  const charged = charge({ cards: [card({ model: 'm', input: '300', output: '1', currency: 'JPY' })] }, usage({ input_tokens: 1_000_000 }))
  assert.deepEqual([charged.currency, totalOf(charged)], ['JPY', '300'])
})

test('a line beyond the range of a column is not written, and a sum beyond it saturates', () => {
  const dear = card({ model: 'm', input: '999999.999999999', output: '999999.999999999' })
  const over = charge({ cards: [dear] }, usage({ input_tokens: 10n ** 13n, output_tokens: 1 }))
  assert.deepEqual([over.pricingStatus, over.unpriced, over.lines.length], ['partially_priced', { input_tokens: 'amount_overflow' }, 1])
  const half = 6_000_000n
  const sum = charge({ cards: [dear] }, usage({ input_tokens: half, output_tokens: half }))
  assert.deepEqual([sum.pricingStatus, sum.chargedPico, sum.flags], ['priced', 2n ** 63n - 1n, ['amount_saturated']])
})

const soldOtherwise = /^(grounding|grounded|image|output_image|input_audio|output_audio|input_characters)/

test('every line computes again from itself, lines sum to the charge, and no meter is billed twice or left out in silence', () => {
  const conditions = fc.constantFrom(
    {},
    { service_tier: ['flex'] },
    { context_tokens: { gt: 50 } },
    { service_tier: ['flex'], context_tokens: { gt: 50 } },
  )
  const price = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n })
  const counts = fc.dictionary(fc.constantFrom(...meterOrder), fc.bigInt({ min: 0n, max: 10n ** 12n }), { maxKeys: 6 })
  const parts = fc.array(fc.record({ meter: fc.constantFrom(...meterOrder), price: fc.option(price), when: conditions }), { maxLength: 5 })
  fc.assert(
    fc.property(
      price,
      price,
      fc.option(price),
      parts,
      fc.array(fc.tuple(fc.constantFrom('1/2', '11/10', '3/1'), conditions), { maxLength: 3 }),
      fc.array(counts, { maxLength: 3 }),
      fc.constantFrom('standard', 'flex'),
      (input, output, read, drawn, factors, segments, tier) => {
        const row = {
          ...card({ model: 'm' }),
          input_token_nanos_per_1m: input,
          output_token_nanos_per_1m: output,
          cache_read_token_nanos_per_1m: read,
        }
        const components = drawn.map((part) => component(row, part.meter, null, part.when, { price_nanos: part.price }))
        const rows = { cards: [row], components, multipliers: factors.map(([factor, when]) => multiplier(row, factor, when)) }
        const charged = charge(rows, { flags: [], segments: segments.map((meters) => ({ meters })) }, in_({ service_tier: tier }))
        for (const line of charged.lines) assert.equal(amountPico(line), line.amountPico)
        const sum = charged.lines.reduce((total, line) => total + line.amountPico, 0n)
        if (charged.chargedPico !== null && !charged.flags.includes('amount_saturated')) assert.equal(charged.chargedPico, sum)
        const billed = charged.lines.map((line) => `${line.segment} ${line.meter}`)
        assert.equal(new Set(billed).size, billed.length)
        for (const [index, meters] of segments.entries()) {
          for (const [meter, qty] of Object.entries(meters)) {
            if (qty === 0n || meter === 'requests' || soldOtherwise.test(meter)) continue
            assert.ok(billed.includes(`${index} ${meter}`) || meter in charged.unpriced)
          }
        }
        assert.deepEqual(
          charged.lines.map((line) => line.segment * 1000 + meterOrder.indexOf(line.meter)),
          charged.lines.map((line) => line.segment * 1000 + meterOrder.indexOf(line.meter)).toSorted((a, b) => a - b),
        )
      },
    ),
    { numRuns: 200 },
  )
})

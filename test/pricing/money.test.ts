import assert from 'node:assert/strict'
import { test } from 'node:test'
import Big from 'big.js'
import fc from 'fast-check'
import { PurserError } from '../../src/core/errors.ts'
import {
  amountPico,
  fitsInt64,
  halfEven,
  parseAmount,
  parsePrice,
  printAmount,
  printPrice,
  roundDecimal,
  saturate,
} from '../../src/pricing/money.ts'

const priceNanos = fc.bigInt({ min: 0n, max: 10n ** 15n - 1n })
const quantity = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const perUnits = fc.constantFrom(1n, 1_000n, 1_000_000n, 3_600_000n, 3_600_000_000_000n, 10n ** 13n)
const factor = fc.bigInt({ min: 1n, max: 1000n })

test('a price printed and read again is the same price', () => {
  fc.assert(fc.property(priceNanos, (nanos) => parsePrice(printPrice(nanos), 'price') === nanos))
})

test('an amount printed and read again is the same amount, and its text is the shortest', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (pico) => {
      const text = printAmount(pico)
      assert.equal(parseAmount(text, 'amount'), pico)
      assert.equal(text, new Big(pico.toString()).div('1e12').toFixed())
    }),
  )
})

test('half even is what exact decimal arithmetic says, for either sign', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.constantFrom(1n, 2n, 4n, 5n, 8n, 10n, 125n, 1_000_000n), (n, d) => {
      // These divisors end: the quotient is an exact decimal, so the reference never rounds before it rounds.
      const exact = new Big(n.toString()).times(new Big(1).div(d.toString()))
      assert.equal(halfEven(n, d).toString(), exact.round(0, Big.roundHalfEven).toFixed())
    }),
  )
})

test('a line is off the exact rational by half a pico at most, and by nothing where the price has six decimals and the factor is 1', () => {
  fc.assert(
    fc.property(quantity, priceNanos, perUnits, factor, factor, (qty, price, per, num, den) => {
      const exactTimesDivisor = qty * price * 1000n * num
      const off = amountPico({ qty, priceNanos: price, perUnits: per, num, den }) * per * den - exactTimesDivisor
      assert.ok((off < 0n ? -off : off) * 2n <= per * den)
      const sixDecimals = (price / 1000n) * 1000n
      assert.equal(amountPico({ qty, priceNanos: sixDecimals, perUnits: 1_000_000n, num: 1n, den: 1n }), qty * (sixDecimals / 1000n))
    }),
  )
})

test('two attempts cost what their lines cost, in any order', () => {
  const line = fc.record({
    qty: fc.bigInt({ min: 0n, max: 10n ** 9n }),
    priceNanos,
    perUnits: fc.constant(1_000_000n),
    num: factor,
    den: factor,
  })
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const sum = (list: readonly bigint[]): bigint => list.reduce((total, each) => total + each, 0n)
      assert.equal(sum(lines.map(amountPico)), sum(lines.toReversed().map(amountPico)))
    }),
  )
})

test('prices that are no plain decimal of nine places are refused by the name of their field', () => {
  for (const text of ['1e3', '-1', '', '+1', '01', '1.', '.5', '1.0000000001', '1000000', ' 1', '1,5', 'NaN', 1.5 as unknown as string]) {
    assert.throws(
      () => parsePrice(text, 'output_token_cost_per_1m'),
      (error) => error instanceof PurserError && error.kind === 'invalid_request' && error.message.startsWith('output_token_cost_per_1m '),
      String(text),
    )
  }
})

test('the greatest price is read and printed whole', () => {
  assert.equal(parsePrice('999999.999999999', 'price'), 999_999_999_999_999n)
  assert.equal(printPrice(999_999_999_999_999n), '999999.999999999')
})

test('a price shows two to nine decimals', () => {
  assert.deepEqual(
    ['2.5', '0', '0.003625', '0.083333333', '40'].map((text) => printPrice(parsePrice(text, 'price'))),
    ['2.50', '0.00', '0.003625', '0.083333333', '40.00'],
  )
})

test('any decimal text, exponents too, is rounded half even to the places asked for, and says whether it was', () => {
  const number = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.integer({ min: -40, max: 12 }))
  fc.assert(
    fc.property(number, fc.constantFrom(9, 12), ([negative, digits, exponent], places) => {
      const text = `${negative ? '-' : ''}${digits}e${exponent}`
      const exact = new Big(text).times(new Big(10).pow(places))
      const expected = exact.round(0, Big.roundHalfEven)
      assert.deepEqual(roundDecimal(text, places), { value: BigInt(expected.toFixed()), rounded: !expected.eq(exact) })
    }),
  )
  assert.deepEqual(roundDecimal('0.09999999999999999', 9), { value: 100_000_000n, rounded: true })
  assert.deepEqual(roundDecimal('1.1165000000000002e-05', 12), { value: 11_165_000n, rounded: true })
  for (const text of ['', '.', '1.2.3', 'abc', '1e', '0x10', 'Infinity']) assert.equal(roundDecimal(text, 9), undefined, text)
})

test('an amount beyond a column is known as such, and saturates', () => {
  assert.equal(fitsInt64(2n ** 63n - 1n), true)
  assert.equal(fitsInt64(2n ** 63n), false)
  assert.equal(saturate(2n ** 63n), 2n ** 63n - 1n)
  assert.equal(saturate(-(2n ** 64n)), -(2n ** 63n))
})

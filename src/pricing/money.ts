/** Money as integers: prices in nano-units, amounts in pico-units, both read from decimal text and printed back without loss. */

import { PurserError } from '../core/errors.ts'

/** A price as the API takes it: up to 999999.999999999, no sign, no exponent, no needless zero in front. */
export const pricePattern = /^(0|[1-9]\d{0,5})(\.\d{1,9})?$/
const decimalPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

const nanosPerUnit = 1_000_000_000n
const picosPerUnit = 1_000_000_000_000n
const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)

export type Rounded = { readonly value: bigint; readonly rounded: boolean }

/** What a line's amount is computed from: quantity, price in nanos per `perUnits`, and a factor in lowest terms. */
export type Factors = {
  readonly qty: bigint
  readonly priceNanos: bigint
  readonly perUnits: bigint
  readonly num: bigint
  readonly den: bigint
}

/** n/d (d > 0) to the nearest integer, a tie to the even one. */
export function halfEven(n: bigint, d: bigint): bigint {
  let quotient = n / d
  let rest = n % d
  if (rest === 0n) return quotient
  if (rest < 0n) {
    quotient -= 1n
    rest += d
  }
  const twice = rest * 2n
  return twice > d || (twice === d && quotient % 2n !== 0n) ? quotient + 1n : quotient
}

/** The amount of a charge line in pico-units: the only rounding there is. */
export function amountPico(line: Factors): bigint {
  return halfEven(line.qty * line.priceNanos * 1000n * line.num, line.perUnits * line.den)
}

export function fitsInt64(value: bigint): boolean {
  return value <= int64Max && value >= int64Min
}

/** The value as a column can hold it: cut at the ends of the range. */
export function saturate(value: bigint): bigint {
  return value > int64Max ? int64Max : value < int64Min ? int64Min : value
}

/** Price text as nanos. Refuses, by the name of the field, anything that is no plain decimal of at most 9 places. */
export function parsePrice(text: string, field: string): bigint {
  if (typeof text !== 'string' || !pricePattern.test(text)) {
    throw new PurserError(
      'invalid_request',
      `${field} must be a price as text, such as "2.50": 0 to 999999, at most 9 decimals, no sign, no exponent.`,
      { field },
    )
  }
  return scaled(text, 9)
}

/** Nanos as price text, with 2 to 9 decimals. */
export function printPrice(nanos: bigint): string {
  return decimal(nanos, nanosPerUnit, 9, 2)
}

/** Decimal text as pico-units. Refuses more than 12 decimals. */
export function parseAmount(text: string, field: string): bigint {
  if (typeof text !== 'string' || !/^-?(0|[1-9]\d*)(\.\d{1,12})?$/.test(text)) {
    throw new PurserError('invalid_request', `${field} must be an amount as text, such as "0.025265": at most 12 decimals, no exponent.`, {
      field,
    })
  }
  return scaled(text, 12)
}

/** Pico-units as the shortest decimal text. */
export function printAmount(pico: bigint): string {
  return decimal(pico, picosPerUnit, 12, 0)
}

/**
 * Any decimal text (a number's source text too, with an exponent) times 10^places, half-even. For importers and for amounts
 * that providers report; undefined where the text is no number.
 */
export function roundDecimal(text: string, places: number): Rounded | undefined {
  const parts = decimalPattern.exec(text)
  if (parts === null) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  const shift = Number(exponent) - fraction.length + places
  if (shift >= 0) return { value: digits * 10n ** BigInt(shift), rounded: false }
  const divisor = 10n ** BigInt(-shift)
  return { value: halfEven(digits, divisor), rounded: digits % divisor !== 0n }
}

function scaled(text: string, places: number): bigint {
  const point = text.indexOf('.')
  if (point < 0) return BigInt(text + '0'.repeat(places))
  return BigInt(text.slice(0, point) + text.slice(point + 1).padEnd(places, '0'))
}

function decimal(value: bigint, unit: bigint, places: number, atLeast: number): string {
  const sign = value < 0n ? '-' : ''
  const size = value < 0n ? -value : value
  const digits = (size % unit).toString().padStart(places, '0').replace(/0+$/, '').padEnd(atLeast, '0')
  return digits === '' ? `${sign}${size / unit}` : `${sign}${size / unit}.${digits}`
}

/** IP addresses and ranges of them, as numbers. */

export type Family = 4 | 6
export type Address = { readonly family: Family; readonly value: bigint }
export type Cidr = Address & { readonly bits: number }

/** The address that a text spells in the standard form (dotted decimal, or RFC 4291), or undefined. A zone (`%eth0`) is no part of an address. */
export function parseAddress(text: string): Address | undefined {
  const value = text.includes(':') ? parse6(text) : parse4(text)
  if (value === undefined) return undefined
  return { family: text.includes(':') ? 6 : 4, value }
}

/** `10.0.0.0/8`, or a single address. Undefined for anything else; bits beyond the prefix are ignored. */
export function parseCidr(text: string): Cidr | undefined {
  const [start, length, more] = text.split('/')
  const address = parseAddress(start ?? '')
  if (address === undefined || more !== undefined) return undefined
  const width = widths[address.family]
  if (length === undefined) return { ...address, bits: width }
  if (!/^\d{1,3}$/.test(length) || Number(length) > width) return undefined
  return { ...address, bits: Number(length) }
}

export function isInside(address: Address, range: Cidr): boolean {
  if (address.family !== range.family) return false
  const rest = BigInt(widths[range.family] - range.bits)
  return address.value >> rest === range.value >> rest
}

const widths = { 4: 32, 6: 128 } as const

function parse4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0n
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = (value << 8n) | BigInt(part)
  }
  return value
}

function parse6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half, position) => groupsOf(half, position === halves.length - 1))
  const [left, right] = groups
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined
  const missing = 8 - left.length - (right?.length ?? 0)
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = right === undefined ? left : [...left, ...Array<bigint>(missing).fill(0n), ...right]
  return all.reduce((value, group) => (value << 16n) | group, 0n)
}

/** The 16-bit groups of one side of `::`. Only the last side may end in dotted decimal. */
function groupsOf(half: string, last: boolean): bigint[] | undefined {
  if (half === '') return []
  const groups: bigint[] = []
  const parts = half.split(':')
  for (const [position, part] of parts.entries()) {
    const dotted = last && position === parts.length - 1 ? parse4(part) : undefined
    if (dotted !== undefined) groups.push(dotted >> 16n, dotted & 0xffffn)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`))
    else return undefined
  }
  return groups
}

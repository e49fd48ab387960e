/** The one table that says at which addresses a provider may stand. */

import { type Address, type Cidr, isInside, parseCidr } from '../core/addresses.ts'

/** From the strictest to the freest: an address that is several things is the first of them. */
export const addressClasses = ['never', 'loopback', 'private', 'public'] as const
export type AddressClass = (typeof addressClasses)[number]

type Row = readonly [range: string, is: AddressClass]

/** The first range that holds an address decides. Ranges that no provider can stand at are `never`, like those of metadata services. */
const version4: readonly Row[] = [
  ['100.100.100.200/32', 'never'],
  ['168.63.129.16/32', 'never'],
  ['0.0.0.0/8', 'never'],
  ['169.254.0.0/16', 'never'],
  ['192.0.0.0/24', 'never'],
  ['192.0.2.0/24', 'never'],
  ['192.88.99.0/24', 'never'],
  ['198.51.100.0/24', 'never'],
  ['203.0.113.0/24', 'never'],
  ['224.0.0.0/3', 'never'],
  ['127.0.0.0/8', 'loopback'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'private'],
  ['0.0.0.0/0', 'public'],
]

const version6: readonly Row[] = [
  ['::/128', 'never'],
  ['::1/128', 'loopback'],
  ['fd00:ec2::254/128', 'never'],
  ['fc00::/7', 'private'],
  ['2001::/23', 'never'],
  ['2001:db8::/32', 'never'],
  ['3fff::/20', 'never'],
  ['2000::/3', 'public'],
  ['::/0', 'never'],
]

/** Ranges that carry IPv4 addresses inside: how far right in the 128 bits each of them stands, and what it is masked with. */
const embedding: readonly { readonly range: string; readonly shifts: readonly (readonly [shift: number, mask: bigint])[] }[] = [
  { range: '::ffff:0:0/96', shifts: [[0, 0n]] },
  { range: '::/96', shifts: [[0, 0n]] },
  { range: '64:ff9b::/96', shifts: [[0, 0n]] },
  { range: '64:ff9b:1::/48', shifts: [[0, 0n]] },
  { range: '2002::/16', shifts: [[80, 0n]] },
  // Teredo: the server's address, and the client's with every bit turned over.
  {
    range: '2001::/32',
    shifts: [
      [64, 0n],
      [0, 0xffff_ffffn],
    ],
  },
]

const localTranslation = '64:ff9b:1::/48'

/** The IPv4 addresses that an IPv6 address carries inside; the address itself where it carries none. */
export function unwrap(address: Address): readonly Address[] {
  if (address.family === 4 || address.value < 2n) return [address]
  const found = embeddings.find(({ range }) => isInside(address, range))
  if (found === undefined) return [address]
  const inner = found.shifts.map(([shift, mask]) => ((address.value >> BigInt(shift)) & 0xffff_ffffn) ^ mask)
  // A /48 prefix puts the IPv4 address around the reserved bits 64 to 71 (RFC 6052); a longer prefix of the same range puts it last.
  if (found.name === localTranslation) inner.push((((address.value >> 64n) & 0xffffn) << 16n) | ((address.value >> 40n) & 0xffffn))
  return inner.map((value) => ({ family: 4, value }))
}

export function classify(address: Address): AddressClass {
  const classes = unwrap(address).map((inner) => tables[inner.family].find(({ range }) => isInside(inner, range))?.class ?? 'never')
  return addressClasses.find((each) => classes.includes(each)) ?? 'never'
}

/** Whether a provider of this network may stand at the address. `private` needs a range that holds it. */
export function isAllowed(address: Address, network: 'public' | 'loopback' | 'private', cidrs: readonly Cidr[]): boolean {
  if (classify(address) !== network) return false
  return network !== 'private' || unwrap(address).every((inner) => cidrs.some((cidr) => isInside(inner, cidr) || isInside(address, cidr)))
}

function rangeOf(text: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr === undefined) throw new Error(`${text} is no range of addresses.`)
  return cidr
}

const tables = {
  4: version4.map(([range, kind]) => ({ range: rangeOf(range), class: kind })),
  6: version6.map(([range, kind]) => ({ range: rangeOf(range), class: kind })),
} as const

const embeddings = embedding.map(({ range, shifts }) => ({ name: range, range: rangeOf(range), shifts }))

/** The two charges that need no card: nothing to bill, by proof or rule, and nothing known. Neither is ever mistaken for the other. */

import { type Charged, rulesVersion } from './charged.ts'

/** Whether the connection is billed otherwise than by use: what it costs is then in the books as a shadow. */
export function isIncluded(billing: string): boolean {
  return billing === 'subscription' || billing === 'none'
}

const blank = { currency: null, shadowPico: null, matched: null, costSource: 'none', flags: [], rulesVersion, lines: [] } as const

/** Nothing was used, with proof (no byte left) or by rule (an error without output): charged 0. */
export function nothingToBill(billing: string): Charged {
  return { ...blank, pricingStatus: isIncluded(billing) ? 'included' : 'priced', chargedPico: 0n, unpriced: {} }
}

/** Something may have been used and nobody can say what: unpriced, and never 0 unless the connection is not billed by use. */
export function unknownCharge(billing: string): Charged {
  const free = isIncluded(billing)
  return { ...blank, pricingStatus: free ? 'included' : 'unpriced', chargedPico: free ? 0n : null, unpriced: { '*': 'usage_unknown' } }
}

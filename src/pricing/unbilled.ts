/** The two charges that need no card: nothing to bill, by proof or rule, and nothing known. Neither is ever mistaken for the other. */

import type { Charged } from './charged.ts'

type Billing = 'own' | 'platform' | 'subscription' | 'none' | (string & {})

const included = (billing: Billing): boolean => billing === 'subscription' || billing === 'none'

const blank = { currency: null, shadowPico: null, matched: null, costSource: 'none', flags: [], rulesVersion: 1, lines: [] } as const

/** Nothing was used, with proof (no byte left) or by rule (an error without output): charged 0. */
export function nothingToBill(billing: Billing): Charged {
  return { ...blank, pricingStatus: included(billing) ? 'included' : 'priced', chargedPico: 0n, unpriced: {} }
}

/** Something may have been used and nobody can say what: unpriced, and never 0 unless the connection is not billed by use. */
export function unknownCharge(billing: Billing): Charged {
  const free = included(billing)
  return { ...blank, pricingStatus: free ? 'included' : 'unpriced', chargedPico: free ? 0n : null, unpriced: { '*': 'usage_unknown' } }
}

/** Where a provider of the user's own stands, read off its address alone: on this machine, in his network, or out in the world. */

import { parseAddress } from '../../core/addresses.ts'
import { PurserError } from '../../core/errors.ts'
import { classify } from '../../net/addresses.ts'
import { readBaseUrl } from '../../net/destination.ts'

export type Endpoint = { readonly network: 'public' | 'loopback' | 'private'; readonly cidrs: readonly string[] | null }

/** The endpoint, or the reason why nothing may be made of the address. */
export function endpointOf(baseUrl: string): Endpoint | string {
  const found = networkOf(baseUrl)
  if (typeof found === 'string') return found
  try {
    readBaseUrl(baseUrl, found.network)
    return found
  } catch (thrown) {
    if (thrown instanceof PurserError) return 'base_url_refused'
    throw thrown
  }
}

function networkOf(baseUrl: string): Endpoint | string {
  if (!URL.canParse(baseUrl)) return 'base_url_refused'
  const { hostname, protocol } = new URL(baseUrl)
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return { network: 'loopback', cidrs: null }
  const address = parseAddress(host)
  if (address === undefined) {
    const inside = !host.includes('.') || /\.(local|lan|home|internal|intranet|corp)$/.test(host)
    return inside || protocol !== 'https:' ? 'address_unknown' : { network: 'public', cidrs: null }
  }
  const found = classify(address)
  if (found === 'never') return 'base_url_refused'
  return { network: found, cidrs: found === 'private' ? [`${host}/${address.family === 4 ? 32 : 128}`] : null }
}

/** A body never names where a call goes or who pays for it: the fields by which other programs let it are refused by name. */

import { PurserError } from './errors.ts'
import type { Scan } from './scan.ts'

/** In lower case and without separators, so that `api_base`, `apiBase` and `api-base` are one name. */
const refused: ReadonlySet<string> = new Set([
  'apibase',
  'apibaseurl',
  'apiendpoint',
  'apihost',
  'baseurl',
  'customhost',
  'customendpoint',
  'endpointurl',
  'openaiapibase',
  'openaibaseurl',
  'azureendpoint',
  'awsbedrockruntimeendpoint',
  'proxy',
  'proxyurl',
  'httpproxy',
  'apikey',
  'apikeys',
  'apitoken',
  'accesstoken',
  'authtoken',
  'bearertoken',
  'authorization',
  'xapikey',
  'openaiapikey',
  'anthropicapikey',
  'azureadtoken',
  'awsaccesskeyid',
  'awssecretaccesskey',
  'awssessiontoken',
  'vertexcredentials',
  'headers',
  'extraheaders',
  'defaultheaders',
])

/** Throws `invalid_request` for the first top-level field that names a destination or a credential. Other unknown fields pass. */
export function refuseDestinations(scanned: Scan): void {
  for (const { key } of scanned.members) if (namesDestination(key)) throw refusal(key)
}

/** Whether a field of that name, in any spelling, would aim or pay for a call. */
export function namesDestination(field: string): boolean {
  if (harmless.has(field)) return false
  if (refused.has(field.toLowerCase().replaceAll(/[-_.]/g, ''))) return true
  if (harmless.size < mostRemembered && field.length <= longestRemembered) harmless.add(field)
  return false
}

/** Names that were looked at and found harmless: callers send the same few in every body. */
const harmless = new Set<string>()
const mostRemembered = 1_000
const longestRemembered = 64

function refusal(key: string): PurserError {
  return new PurserError(
    'invalid_request',
    `The field "${key.slice(0, 100)}" would say where this call goes or who pays for it, and a request may not.`,
    {
      code: 'destination_in_body',
      field: key.slice(0, 100),
      hint: 'Leave it out. Providers and credentials are set up by the operator and named by `model`.',
    },
  )
}

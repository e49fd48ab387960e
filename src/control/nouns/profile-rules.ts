/** What a profile may fill in: any parameter of its provider's contract but those that are the caller's, the connection's, or a field of the profile itself. */

import { namesDestination } from '../../core/destinations.ts'
import { PurserError } from '../../core/errors.ts'
import { profile } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import { invalidInput } from '../invalid.ts'
import { plainNumbers } from '../plain.ts'

const callers = 'it is for the caller to say'
const as = (field: string) => `give it as "${field}" of the profile`

/** Names in lower case and without separators, so that `maxOutputTokens` and `max_output_tokens` are one. */
const owned: ReadonlyMap<string, string> = new Map([
  ['model', as('model')],
  ['messages', callers],
  ['input', callers],
  ['contents', callers],
  ['prompt', callers],
  ['stream', callers],
  ['streamoptions', callers],
  ['system', as('system_prompt')],
  ['systemprompt', as('system_prompt')],
  ['systeminstruction', as('system_prompt')],
  ['instructions', as('system_prompt')],
  ['temperature', as('temperature')],
  ['maxtokens', as('max_tokens')],
  ['maxcompletiontokens', as('max_tokens')],
  ['maxoutputtokens', as('max_tokens')],
])

/** Why a parameter of that name is not for `params`, or undefined where it is. */
export function faultOfParameter(name: string): string | undefined {
  if (namesDestination(name)) return 'it would say where calls go, or who pays for them'
  return owned.get(name.toLowerCase().replaceAll(/[-_.]/g, ''))
}

/** Throws by the field that is wrong: what is written is what a call can use. */
export function refuseUnsoundProfile(
  row: Row<'model_profiles'>,
  pays: { readonly name: string; readonly provider_id: string } | null,
): void {
  const read = profile.safeParse(plainNumbers(row))
  if (!read.success) throw invalidInput(read.error, Object.keys(row))
  for (const name of Object.keys(read.data.params)) {
    const fault = faultOfParameter(name)
    if (fault !== undefined) throw refused(`params.${name}`, `"params.${name}" is not for a profile's parameters: ${fault}.`)
  }
  if (pays !== null && pays.provider_id !== row.provider_id)
    throw refused(
      'connection',
      `"${pays.name}" is a connection of another provider than the profile's.`,
      'See whose each is:  purser connections list',
    )
}

function refused(field: string, message: string, hint?: string): PurserError {
  return new PurserError('invalid_request', message, { field, ...(hint === undefined ? {} : { hint }) })
}

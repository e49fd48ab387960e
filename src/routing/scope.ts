/** The directory as one key may see it: the names it may send and no others, and the name that answers for one that nobody has. */

import type { CallGrant } from '../core/call-scope.ts'
import { PurserError } from '../core/errors.ts'
import type { Directory } from './directory.ts'
import { isKnown, plainName } from './resolve.ts'

/** Made once for a directory and a grant, so that what was resolved in it is found again. */
const views = new WeakMap<Directory, WeakMap<CallGrant, Directory>>()

/** Profiles and routes that a caller may name. Members of a route stay where they are: whoever may name it may use them. */
export function visibleTo(directory: Directory, grant: CallGrant | null): Directory {
  const names = grant?.names ?? null
  if (grant === null || names === null) return directory
  let known = views.get(directory)
  if (known === undefined) views.set(directory, (known = new WeakMap()))
  const found = known.get(grant)
  if (found !== undefined) return found
  const made: Directory = {
    ...directory,
    profiles: new Map([...directory.profiles].filter(([name]) => names.has(name))),
    routes: new Map([...directory.routes].filter(([name]) => names.has(name))),
  }
  known.set(grant, made)
  return made
}

/** The name to be resolved for the one that was sent: itself, or where nobody has it the key's default, else the installation's. Throws `forbidden` for one out of reach. */
export function nameFor(directory: Directory, grant: CallGrant | null, sent: string): string {
  if (grant === null) return sent
  const name = isKnown(directory, sent) ? sent : (grant.fallback ?? defaultOf(directory) ?? sent)
  if (grant.names === null || grant.names.has(name) || grant.names.has(plainName(directory, name) ?? '')) return name
  throw new PurserError('forbidden', `This key may not use ${JSON.stringify(sent)}. ${reach(grant)}`, {
    code: 'model_not_allowed',
    field: 'model',
  })
}

/** A default that is not there is none. */
function defaultOf(directory: Directory): string | null {
  return directory.defaultName !== null && isKnown(directory, directory.defaultName) ? directory.defaultName : null
}

function reach({ names }: CallGrant): string {
  const shown = [...(names ?? [])].slice(0, 20)
  if (shown.length === 0) return 'It may use no name at all.'
  const more = (names?.size ?? 0) - shown.length
  return `It may use ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

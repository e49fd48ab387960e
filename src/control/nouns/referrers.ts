/** Who still needs a row: asked before it is removed, so that nothing is left pointing at what is gone. */

import { PurserError } from '../../core/errors.ts'
import { at } from '../../core/json.ts'
import { settingOf } from '../../core/settings.ts'
import type { OperationContext } from '../context.ts'

export type Referrer = { readonly kind: 'connection' | 'profile' | 'route' | 'key' | 'setting'; readonly name: string }

/** Refuses to remove what others need, and lists every one of them. */
export function refuseReferred(noun: string, name: string, referrers: readonly Referrer[]): void {
  if (referrers.length === 0) return
  throw new PurserError(
    'conflict',
    `The ${noun} "${name}" is still used by ${listed(referrers)}. Remove or move ${plural(referrers.length)} first.`,
    {
      code: 'referred',
      details: { referrers: referrers.map(({ kind, name: referrer }) => ({ kind, name: referrer })) },
      hint: 'What is only to be out of use can be disabled instead.',
    },
  )
}

function listed(referrers: readonly Referrer[]): string {
  return referrers.map((each) => `${each.kind} "${each.name}"`).join(', ')
}

function plural(count: number): string {
  return count === 1 ? 'it' : 'them'
}

export async function referrersOfProvider({ store }: OperationContext, id: string): Promise<Referrer[]> {
  const [connections, profiles] = await Promise.all([
    store.read.selectFrom('connections').select('name').where('provider_id', '=', id).where('removed_at', 'is', null).execute(),
    store.read.selectFrom('model_profiles').select('name').where('provider_id', '=', id).where('removed_at', 'is', null).execute(),
  ])
  return [...named('connection', connections), ...named('profile', profiles)]
}

/** The profiles that name it, and what reaches it through them. */
export async function referrersOfConnection(context: OperationContext, id: string): Promise<Referrer[]> {
  const profiles = await context.store.read
    .selectFrom('model_profiles')
    .select(['id', 'name'])
    .where('connection_id', '=', id)
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute()
  const through = await Promise.all(profiles.map((profile) => referrersOfProfile(context, profile)))
  return unique([...named('profile', profiles), ...through.flat()])
}

/** Routes that it is a member of, and what names it. */
export async function referrersOfProfile(context: OperationContext, { id, name }: Named): Promise<Referrer[]> {
  const routes = await context.store.read
    .selectFrom('route_members')
    .innerJoin('routes', 'routes.id', 'route_members.route_id')
    .select('routes.name')
    .where('route_members.profile_id', '=', id)
    .where('routes.removed_at', 'is', null)
    .orderBy('routes.name')
    .execute()
  return unique([...named('route', routes), ...(await whoNames(context, name))])
}

/** The connections that prove themselves by it. */
export async function referrersOfSecret({ store }: OperationContext, reference: string): Promise<Referrer[]> {
  const rows = await store.read.selectFrom('connections').select(['name', 'auth']).where('removed_at', 'is', null).orderBy('name').execute()
  return named(
    'connection',
    rows.filter(({ auth }) => at(auth, 'credential') === reference),
  )
}

/** What names it. */
export async function referrersOfRoute(context: OperationContext, { name }: Named): Promise<Referrer[]> {
  return whoNames(context, name)
}

/** Refuses another name for what is known by the one it has, and lists who knows it. */
export async function refuseRenamed(context: OperationContext, noun: string, name: string): Promise<void> {
  const referrers = await whoNames(context, name)
  if (referrers.length === 0) return
  throw new PurserError(
    'conflict',
    `The ${noun} "${name}" is named by ${listed(referrers)}, and would be lost to ${plural(referrers.length)}.`,
    {
      code: 'referred',
      field: 'name',
      details: { referrers: referrers.map(({ kind, name: referrer }) => ({ kind, name: referrer })) },
      hint: `Add a further ${noun} of the new name, or change what names this one.`,
    },
  )
}

/** Every name that a call key's scopes or the setting of the default hold. */
export async function namesInUse({ store }: OperationContext): Promise<ReadonlySet<string>> {
  const [keys, rows] = await Promise.all([
    store.read.selectFrom('keys').select('scopes').where('revoked_at', 'is', null).execute(),
    store.read.selectFrom('settings').selectAll().execute(),
  ])
  const listed = keys.flatMap(({ scopes }) => [at(scopes, 'profiles'), at(scopes, 'default')].flat())
  return new Set([...listed, settingOf(rows, 'default_profile')].filter((name) => typeof name === 'string'))
}

/** Call keys whose scopes name a profile or route, and the setting that does. */
async function whoNames({ store }: OperationContext, name: string): Promise<Referrer[]> {
  const [keys, rows] = await Promise.all([
    store.read.selectFrom('keys').select(['name', 'scopes']).where('revoked_at', 'is', null).orderBy('name').execute(),
    store.read.selectFrom('settings').selectAll().execute(),
  ])
  const naming = keys.filter(({ scopes }) => {
    const profiles = at(scopes, 'profiles')
    return at(scopes, 'default') === name || (Array.isArray(profiles) && profiles.includes(name))
  })
  const isDefault = settingOf(rows, 'default_profile') === name
  return [...named('key', naming), ...(isDefault ? named('setting', [{ name: 'default_profile' }]) : [])]
}

type Named = { readonly id: string; readonly name: string }

function named(kind: Referrer['kind'], rows: readonly { readonly name: string }[]): Referrer[] {
  return rows.map(({ name }) => ({ kind, name }))
}

function unique(referrers: readonly Referrer[]): Referrer[] {
  return [...new Map(referrers.map((each) => [`${each.kind}/${each.name}`, each])).values()]
}

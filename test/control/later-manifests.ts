/** Manifests of later releases, made from the shipped one, and the rows that they meet. */

import { type Manifest, shippedManifest } from '../../src/catalog/manifest.ts'
import type { Shipped } from '../../src/catalog/shipped.ts'
import type { Store } from '../../src/store/store.ts'
import { few } from './books.ts'

const first = shippedManifest()

type Patch = { readonly [Kind in 'providers' | 'connections' | 'profiles']?: Readonly<Record<string, object>> }

/** A later manifest: some items with other fields, some gone, some new. */
export function later(revision: number, patch: Patch, more: Partial<Manifest> = {}, gone: readonly string[] = []): Shipped {
  const patched = (kind: keyof Patch) =>
    first[kind].filter((item) => !gone.includes(item.name)).map((item) => ({ ...item, ...patch[kind]?.[item.name] }))
  const kinds = { providers: patched('providers'), connections: patched('connections'), profiles: patched('profiles') }
  return { manifest: { ...first, ...(kinds as Pick<Manifest, keyof typeof kinds>), ...more, revision }, catalogue: few }
}

export const rowOf = (store: Store, table: 'providers' | 'connections' | 'model_profiles' | 'routes', name: string) =>
  store.read.selectFrom(table).selectAll().where('name', '=', name).executeTakeFirstOrThrow() as Promise<Record<string, unknown>>

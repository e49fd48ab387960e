/** The canonical manifest: the providers, connections and profiles that come in the box, each under an id that never changes. */

import { z } from 'zod'
import { contractIds } from '../contracts/contract.ts'
import { providerAuth } from '../core/auth.ts'
import { billings, json, name, networks } from '../core/nouns.ts'
import shipped from './manifest.json' with { type: 'json' }

const provider = z.strictObject({
  id: z.uuid(),
  name,
  contract: z.enum(contractIds),
  base_url: z.url(),
  dialect: json,
  network: z.enum(networks),
})

const connection = z.strictObject({
  id: z.uuid(),
  name,
  /** The provider's name in this manifest. */
  provider: name,
  auth: providerAuth,
  billing: z.enum(billings),
  /** The connection that the mode flip puts in this one's place; the pair is mutual. */
  twin: name.nullable(),
  disabled: z.boolean(),
})

const profile = z.strictObject({ id: z.uuid(), name, provider: name, connection: name, model: z.string().min(1).max(512) })

/** Routes and models have their place in the format, and no item yet. */
export const manifestSchema = z.strictObject({
  revision: z.int().min(1),
  providers: z.array(provider),
  connections: z.array(connection),
  profiles: z.array(profile),
  routes: z.array(z.never()),
  models: z.array(z.never()),
})

export type Manifest = z.infer<typeof manifestSchema>

export function shippedManifest(): Manifest {
  return manifestSchema.parse(shipped)
}

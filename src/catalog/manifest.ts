/** The canonical manifest: the providers, connections, profiles and routes that come in the box, each under an id that never changes. */

import { z } from 'zod'
import { contractIds } from '../contracts/contract.ts'
import { providerAuth } from '../core/auth.ts'
import { billings, crossings, json, name, networks, timeouts } from '../core/nouns.ts'
import shipped from './manifest.json' with { type: 'json' }

/** What is left out means the default. */
const provider = z.strictObject({
  id: z.uuid(),
  name,
  contract: z.enum(contractIds),
  base_url: z.url(),
  dialect: json,
  network: z.enum(networks),
  network_cidrs: z.array(z.string()).nullable().optional(),
  stops_on_disconnect: z.boolean().nullable().optional(),
  bills_errors: z.boolean().optional(),
  disabled: z.boolean().optional(),
})

const connection = z.strictObject({
  id: z.uuid(),
  name,
  /** The provider's name in this manifest. */
  provider: name,
  auth: providerAuth,
  billing: z.enum(billings),
  platform: z.string().nullable().optional(),
  on_abandon: z.enum(['abort', 'drain']).nullable().optional(),
  /** The connection that the mode flip puts in this one's place; the pair is mutual. */
  twin: name.nullable(),
  disabled: z.boolean(),
})

const profile = z.strictObject({
  id: z.uuid(),
  name,
  provider: name,
  connection: name,
  model: z.string().min(1).max(512),
  system_prompt: z.string().nullable().optional(),
  temperature: z.number().min(0).max(2).nullable().optional(),
  max_tokens: z.int().min(1).nullable().optional(),
  params: z.record(z.string(), json).optional(),
  timeouts: timeouts.optional(),
  strict: z.boolean().optional(),
  idempotent: z.boolean().optional(),
  disabled: z.boolean().optional(),
})

const route = z.strictObject({
  id: z.uuid(),
  name,
  /** In order: profiles by their names in this manifest. */
  members: z.array(
    z.strictObject({
      profile: name,
      weight: z.int().min(0).nullable().optional(),
      conditions: z.record(z.string(), json).optional(),
    }),
  ),
  allow_cross: z.array(z.enum(crossings)).optional(),
  disabled: z.boolean().optional(),
})

/** Models have their place in the format, and no item yet. */
export const manifestSchema = z.strictObject({
  revision: z.int().min(1),
  providers: z.array(provider),
  connections: z.array(connection),
  profiles: z.array(profile),
  routes: z.array(route),
  models: z.array(z.never()),
})

export type Manifest = z.infer<typeof manifestSchema>

export function shippedManifest(): Manifest {
  return manifestSchema.parse(shipped)
}

/** What operators manage, as they are once read: the schemas and types of providers, connections, profiles, routes and keys. */

import { z } from 'zod'
import { providerAuth } from './auth.ts'
import type { Json } from './json.ts'

export const json: z.ZodType<Json> = z.json() as z.ZodType<Json>

/** Names callers and operators type. No slash (that splits provider from model), no name an object already has. */
export const name = z
  .string()
  .regex(
    /^(?!constructor$)[a-z0-9][a-z0-9._-]{0,63}$/,
    'A name is 1 to 64 of a-z 0-9 . _ - and starts with a letter or digit. "constructor" is none.',
  )

/** Names callers send as `model`. Those of a client's own call sites stand behind `site/`, in the client's spelling. */
export const modelName = z
  .string()
  .regex(
    /^(?:[a-z0-9][a-z0-9._-]{0,63}|site\/[A-Za-z0-9][A-Za-z0-9._-]{0,58})$/,
    'A name is 1 to 64 of a-z 0-9 . _ - and starts with a letter or digit, or is site/ and the id of a call site.',
  )

export const networks = ['public', 'loopback', 'private'] as const
export const billings = ['own', 'platform', 'subscription', 'none'] as const

export const timeouts = z
  .strictObject({
    connect: z.int().min(1).max(600_000),
    first_byte: z.int().min(1).max(3_600_000),
    idle: z.int().min(1).max(3_600_000),
    total: z.int().min(1).max(86_400_000),
  })
  .partial()

const canonical = { is_canonical: z.boolean(), canonical_revision: z.int().nullable(), disabled: z.boolean() }
const times = { removed_at: z.int().nullable(), created_at: z.int(), updated_at: z.int() }

export const provider = z.object({
  id: z.string(),
  name,
  contract: z.string(),
  base_url: z.url(),
  dialect: json,
  network: z.enum(networks),
  network_cidrs: z.array(z.string()).nullable(),
  stops_on_disconnect: z.boolean().nullable(),
  bills_errors: z.boolean(),
  modality: z.literal('chat'),
  ...canonical,
  ...times,
})
export type Provider = z.infer<typeof provider>

export const connection = z.object({
  id: z.string(),
  name,
  provider_id: z.string(),
  auth: providerAuth,
  billing: z.enum(billings),
  platform: z.string().nullable(),
  on_abandon: z.enum(['abort', 'drain']).nullable(),
  canonical_equivalent_id: z.string().nullable(),
  ...canonical,
  ...times,
})
export type Connection = z.infer<typeof connection>

export const profile = z.object({
  id: z.string(),
  name: modelName,
  provider_id: z.string(),
  connection_id: z.string().nullable(),
  model: z.string().min(1).max(512),
  system_prompt: z.string().nullable(),
  temperature: z.number().min(0).max(2).nullable(),
  max_tokens: z.int().min(1).nullable(),
  params: z.record(z.string(), json),
  timeouts,
  strict: z.boolean(),
  ...canonical,
  ...times,
  /** A request may be sent again although the one before may have been carried out. */
  idempotent: z.boolean(),
})
export type Profile = z.infer<typeof profile>

/** Boundaries that a route may cross where it says so itself. */
export const crossings = ['billing', 'locality', 'platform'] as const
export type Crossing = (typeof crossings)[number]

export const route = z.object({
  id: z.string(),
  name: modelName,
  allow_cross: z.array(z.enum(crossings)),
  ...canonical,
  ...times,
})

export const routeMember = z.object({
  route_id: z.string(),
  position: z.int().min(0),
  profile_id: z.string(),
  /** The chance of coming first among the members beside it that have one too. */
  weight: z.int().min(1).max(1_000_000).nullable(),
  conditions: z.record(z.string(), json),
})
export type RouteMember = z.infer<typeof routeMember>

/** A name for several profiles: the first that can answer does. Members stand in their order. */
export type Route = z.infer<typeof route> & { readonly members: readonly RouteMember[] }

export const key = z.object({
  id: z.string(),
  tenant_id: z.string(),
  name,
  kind: z.enum(['call', 'admin']),
  secret_hash: z.string(),
  scopes: json,
  expires_at: z.int().nullable(),
  revoked_at: z.int().nullable(),
  created_at: z.int(),
  /** While a key rotates, the hash of its secret before, and until when that is let in beside the newest. */
  next_hash: z.string().nullable(),
  next_until: z.int().nullable(),
  last_used_at: z.int().nullable(),
})
export type Key = z.infer<typeof key>

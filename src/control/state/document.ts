/** What a state document may say: every row of the control plane in an operator's words, by name. What it does not say is left as it is. */

import { z } from 'zod'
import { contractIds } from '../../contracts/contract.ts'
import { providerAuth } from '../../core/auth.ts'
import { keyId } from '../../core/keys.ts'
import { billings, crossings, json, modelName, name, networks, timeouts } from '../../core/nouns.ts'
import { sentence } from '../invalid.ts'
import { rateItem } from './rate-item.ts'

const id = z.string().min(1).max(200).optional()
const free = z.record(z.string(), json)
const other = z.string().min(1).max(200)

const provider = z.strictObject({
  id,
  name,
  contract: z.enum(contractIds),
  base_url: z.url(),
  dialect: free,
  network: z.enum(networks),
  network_cidrs: z.array(z.string()).nullable(),
  stops_on_disconnect: z.boolean().nullable(),
  bills_errors: z.boolean(),
  disabled: z.boolean(),
})

const connection = z.strictObject({
  id,
  name,
  provider: other,
  auth: providerAuth,
  billing: z.enum(billings),
  platform: z.string().min(1).max(64).nullable(),
  on_abandon: z.enum(['abort', 'drain']).nullable(),
  twin: other.nullable(),
  disabled: z.boolean(),
})

const profile = z.strictObject({
  id,
  name: modelName,
  provider: other,
  connection: other.nullable(),
  model: z.string().min(1).max(512),
  system_prompt: z.string().max(1_000_000).nullable(),
  temperature: z.number().min(0).max(2).nullable(),
  max_tokens: z.int().min(1).nullable(),
  params: free,
  timeouts,
  strict: z.boolean(),
  idempotent: z.boolean(),
  disabled: z.boolean(),
})

const member = z.strictObject({ profile: other, weight: z.int().min(0).nullable().default(null), conditions: free.default({}) })

const route = z.strictObject({
  id,
  name: modelName,
  members: z.array(member),
  allow_cross: z.array(z.enum(crossings)),
  disabled: z.boolean(),
})

const setting = z.strictObject({ name: z.string().min(1).max(200), value: json })

const key = z.strictObject({
  id: z.string().regex(keyId, 'The id of a key is 10 letters and digits.').optional(),
  name,
  kind: z.enum(['call', 'admin']),
  scopes: free,
  expires_at: z.int().min(0).nullable(),
})

/** Only a name, and what tells a new row from its neighbours, has to be said. */
const items = {
  providers: provider.partial().required({ name: true }),
  connections: connection.partial().required({ name: true }),
  profiles: profile.partial().required({ name: true }),
  routes: route.partial().required({ name: true }),
  settings: setting,
  keys: key.partial().required({ name: true }),
  rates: rateItem,
} as const

export const sections = ['providers', 'connections', 'profiles', 'routes', 'settings', 'keys', 'rates'] as const
export type Section = (typeof sections)[number]

export type StateItem<S extends Section> = z.output<(typeof items)[S]>
export type StateDocument = { readonly [S in Section]?: readonly StateItem<S>[] } & { readonly preserved: Preserved }

export type StateFault = { readonly path: string; readonly says: string }

export const stateVersion = 1

/** What backfills kept of the files they read. It stands in every export and is never applied: it belongs to the import that it came with. */
const preserved = z.array(z.strictObject({ import: z.string(), pointer: z.string(), value: json }))
export type Preserved = z.output<typeof preserved>

const envelope = z.strictObject({
  preserved: preserved.default([]),
  purser: z.literal(stateVersion, { error: `It must be ${stateVersion}: the version of the format.` }),
  ...Object.fromEntries(sections.map((section) => [section, z.array(z.unknown()).max(100_000).optional()])),
})

/** Each row by itself, so that one that cannot be read hides no fault of another. */
export function readDocument(value: unknown): { readonly document: StateDocument; readonly faults: readonly StateFault[] } {
  const outer = envelope.safeParse(value)
  if (!outer.success) return { document: { preserved: [] }, faults: outer.error.issues.map((issue) => fault([], issue)) }
  const faults: StateFault[] = []
  const document: Record<string, unknown[]> = { preserved: outer.data.preserved }
  for (const section of sections) {
    const rows = (outer.data as Partial<Record<Section, readonly unknown[]>>)[section]
    if (rows === undefined) continue
    document[section] = rows.flatMap((row, place) => {
      const read = items[section].safeParse(row)
      if (read.success) return [read.data]
      faults.push(...read.error.issues.map((issue) => fault([section, String(place)], issue)))
      return []
    })
  }
  return { document: document as unknown as StateDocument, faults }
}

function fault(path: readonly string[], issue: z.core.$ZodIssue): StateFault {
  const known = issue.path.length > 0 ? [] : Object.keys((path[0] === undefined ? envelope : items[path[0] as Section]).shape)
  return {
    path: [...path, ...issue.path.map(String)].join('.') || 'the document',
    says: plain.has(issue.code) ? sentence(issue, known) : issue.message,
  }
}

/** Faults for which the schema has no sentence of its own. */
const plain: ReadonlySet<string> = new Set(['unrecognized_keys', 'invalid_type', 'too_small', 'too_big'])

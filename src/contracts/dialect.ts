/** How one provider, or one of its models, deviates from its contract: data that names behaviours. Every field has the contract's own default. */

import { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import { globLiterals, globMatches } from '../core/glob.ts'
import type { Json } from '../core/json.ts'

/** Where a provider's report says something: dotted paths, the first that is there counts. */
const paths = z.array(z.string().regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, 'A path is names joined by dots.')).max(8)

/** Names that a dialect may not set: they belong to the credential, the connection or the body. */
const reservedHeaders = new Set([
  'authorization',
  'cookie',
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'accept-encoding',
  'expect',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
])
const headerName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'A header name is 1 to 64 of a-z 0-9 -.')
const freeHeaderName = headerName.refine(
  (name) => !reservedHeaders.has(name) && !name.startsWith('proxy-'),
  "This header is not a dialect's to set.",
)
const headerValue = z.string().regex(/^[\x21-\x7e]([\x20-\x7e]{0,510}[\x21-\x7e])?$/, 'A header value is printable ASCII.')
const path = z
  .string()
  .regex(/^(\/[A-Za-z0-9._~-]+)+$/, 'A path starts with a slash and has no query.')
  .refine((text) => !/\/\.{1,2}(\/|$)/.test(text), 'A path has no dot segments.')

/** `bearer` is `Authorization: Bearer …`; a header of another name carries the bare credential. */
const auth = z.union([z.literal('bearer'), z.literal('x-api-key'), z.strictObject({ header: freeHeaderName })])

const cost = z.strictObject({
  path: z.string(),
  /** What one unit of the figure is worth, in the currency. */
  unit: z.enum(['1', '1e-10']),
  /** `prefer`: the provider's figure is the charge. `shadow`: it stands beside it. */
  authority: z.enum(['prefer', 'shadow']),
  upstream: z.string().optional(),
  byok: z.string().optional(),
})

const usage = z.strictObject({
  at: paths,
  cacheRead: paths,
  cacheWrite: paths,
  reasoning: paths,
  citation: paths,
  cacheInInput: z.union([z.boolean(), z.literal('auto')]),
  reasoningInOutput: z.boolean(),
  /** Written tokens are read ones too, and both are billed. */
  cacheOverlap: z.boolean(),
  /** The total of tokens less the prompt is the output, where that is more than the output says. */
  outputFromTotal: z.boolean(),
  cost: cost.nullable(),
  modelPrefixes: z.record(z.string().min(1).max(64), z.string().min(1).max(64)),
  region: z.string().min(1).max(64).nullable(),
  bytesPerToken: z.number().min(0.1).max(100),
})

const fields = z.strictObject({
  auth,
  /** Sent with every request. */
  headers: z.record(freeHeaderName, headerValue),
  /** Instead of the contract's own path, appended to the base URL. */
  paths: z.strictObject({ generate: path, countTokens: path, listModels: path }).partial(),
  /** The field that caps the output. */
  outputCap: z.enum(['max_tokens', 'max_completion_tokens']),
  usage,
})

const part = fields.extend({ usage: usage.partial() }).partial()
const schema = part.extend({ models: z.record(z.string().min(1).max(512), part).optional() })

/** Every field with its value. */
export type Dialect = z.infer<typeof fields>
export type UsageDialect = Dialect['usage']

/**
 * A contract's published dialect with the provider's deviations laid over it, and over those the ones of the patterns that fit the
 * model (`*` and `?`), the pattern with most literal characters last. Throws `invalid_request` with the field's name.
 */
export function readDialect(published: Dialect, written: Json | undefined, model?: string): Dialect {
  const read = schema.safeParse(written ?? {})
  if (!read.success) throw refusal(read.error.issues[0]!)
  const { models = {}, ...own } = read.data
  const fitting = model === undefined ? [] : Object.keys(models).filter((pattern) => globMatches(pattern, model))
  fitting.sort((a, b) => globLiterals(a) - globLiterals(b) || (a < b ? -1 : 1))
  return fitting.map((pattern) => models[pattern]!).reduce(laidOver, laidOver(published, own))
}

type Part = z.infer<typeof part>

function laidOver(under: Dialect, over: Part): Dialect {
  return {
    auth: over.auth ?? under.auth,
    headers: { ...under.headers, ...over.headers },
    paths: { ...under.paths, ...over.paths },
    outputCap: over.outputCap ?? under.outputCap,
    usage: { ...under.usage, ...present(over.usage ?? {}) },
  }
}

function present<T extends object>(part: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}

function refusal(issue: z.core.$ZodIssue): PurserError {
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys : []
  const field = ['dialect', ...issue.path, ...unknown.slice(0, 1)].join('.')
  const what = unknown.length > 0 ? 'is no field of a dialect' : `is not valid: ${issue.message}`
  return new PurserError('invalid_request', `The field "${field}" ${what}.`.replace(/\.\.$/, '.'), {
    code: 'invalid_dialect',
    field,
    hint: 'An empty dialect, {}, is the contract as published.',
  })
}

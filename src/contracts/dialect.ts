/** How one provider, or one of its models, deviates from its contract: data that names behaviours. Every field has the contract's own default. */

import { z } from 'zod'
import type { Effort } from '../core/call.ts'
import { PurserError } from '../core/errors.ts'
import { globLiterals, globMatches } from '../core/glob.ts'
import type { Json } from '../core/json.ts'
import { present } from './present.ts'

/** The efforts of a call. */
export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const satisfies readonly Effort[]

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

/** A top-level parameter of the contract. What says who answers, and how it is sent, is not a dialect's to change. */
const parameter = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'A parameter is 1 to 64 of a-z 0-9 _.')
  .refine((name) => !['model', 'messages', 'stream', 'stream_options'].includes(name), "This parameter is not a dialect's to change.")

const reasoning = z.strictObject({
  /**
   * Where the wish for reasoning stands. `thinking_budget`: `thinking` with a count of tokens; `thinking`: the same, on or off and
   * nothing else; `nowhere`: it cannot be said.
   */
  where: z.enum(['reasoning_effort', 'reasoning.effort', 'output_config.effort', 'thinking_budget', 'thinking', 'nowhere']),
  /** The provider's word for an effort, or its budget in tokens. An effort that is not here is its own word. */
  efforts: z.partialRecord(z.enum(efforts), z.union([z.string().min(1).max(32), z.int().min(1)])),
  /** How no reasoning is asked for: not at all, as the effort `none`, or as `thinking` that is disabled. */
  off: z.enum(['omit', 'none', 'disabled']),
  /** An effort goes with `thinking` that adapts: by itself it would not make the model think. */
  adaptive: z.boolean(),
  /** Under which field of an assistant message earlier reasoning is sent again. */
  replay: z.enum(['none', 'reasoning_content', 'reasoning', 'reasoning_details']),
  /** Where an answer has its reasoning: fields of the message, the first that says something counts. */
  read: z.array(parameter).max(8),
  /** Parameters that are refused beside a wish for reasoning. */
  excludes: z.array(parameter).max(16),
})

const errors = z.strictObject({ message: paths, type: paths, code: paths })

const fields = z.strictObject({
  auth,
  /** Sent with every request. */
  headers: z.record(freeHeaderName, headerValue),
  /** Instead of the contract's own path, appended to the base URL. */
  paths: z.strictObject({ generate: path, countTokens: path, listModels: path }).partial(),
  /** The field that caps the output. */
  outputCap: z.enum(['max_tokens', 'max_completion_tokens']),
  /** The cap of a call that has none, where the provider must be told one. */
  outputDefault: z.int().min(1).nullable(),
  /** The role of system messages, and of those that do not open the conversation. */
  systemRole: z.enum(['system', 'developer', 'user']),
  laterSystemRole: z.enum(['system', 'developer', 'user']),
  /** `joined`: a message of texts alone is one text, for providers that take no list there. */
  texts: z.enum(['list', 'joined']),
  /** Whether parts and tools can be marked with `cache_control` as the end of a cacheable prefix. */
  cacheControl: z.enum(['none', 'parts']),
  /** `nine`: exactly nine letters and digits. */
  toolCallIds: z.enum(['any', 'nine']),
  topK: z.boolean(),
  highestTemperature: z.number().min(0).max(10).nullable(),
  /** Characters of the end user's id. A longer one goes as a digest. */
  longestUser: z.int().min(16).nullable(),
  /** Parameters that are not sent in translation, or filled in from a profile. */
  drop: z.array(parameter).max(32),
  /** Parameters that go by another name here. */
  rename: z.record(parameter, parameter),
  reasoning,
  errors,
  usage,
})

const part = fields.extend({ usage: usage.partial(), reasoning: reasoning.partial(), errors: errors.partial() }).partial()
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

/** Objects are merged, lists and values replaced. */
function laidOver(under: Dialect, over: Part): Dialect {
  return {
    ...under,
    ...present(over),
    headers: { ...under.headers, ...over.headers },
    paths: { ...under.paths, ...present(over.paths ?? {}) },
    rename: { ...under.rename, ...over.rename },
    reasoning: {
      ...under.reasoning,
      ...present(over.reasoning ?? {}),
      efforts: { ...under.reasoning.efforts, ...present(over.reasoning?.efforts ?? {}) },
    },
    errors: { ...under.errors, ...present(over.errors ?? {}) },
    usage: { ...under.usage, ...present(over.usage ?? {}) },
  }
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

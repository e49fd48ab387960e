/** Chat completions as published: the dialect of a provider that deviates in nothing. */

import type { Dialect } from '../dialect.ts'
import { publishedErrors } from '../faults.ts'

export const published: Dialect = {
  auth: 'bearer',
  headers: {},
  paths: {},
  outputCap: 'max_completion_tokens',
  outputDefault: null,
  systemRole: 'system',
  laterSystemRole: 'system',
  texts: 'list',
  cacheControl: 'none',
  toolCallIds: 'any',
  topK: false,
  highestTemperature: null,
  longestUser: 64,
  drop: [],
  rename: {},
  reasoning: {
    where: 'reasoning_effort',
    efforts: {},
    off: 'none',
    adaptive: false,
    replay: 'none',
    read: ['reasoning_content', 'reasoning'],
    excludes: [],
  },
  errors: publishedErrors,
  usage: {
    at: ['usage'],
    cacheRead: ['prompt_tokens_details.cached_tokens'],
    cacheWrite: ['prompt_tokens_details.cache_write_tokens'],
    reasoning: ['completion_tokens_details.reasoning_tokens'],
    citation: [],
    cacheInInput: true,
    reasoningInOutput: true,
    cacheOverlap: false,
    outputFromTotal: false,
    cost: null,
    modelPrefixes: {},
    region: null,
    bytesPerToken: 3,
  },
}

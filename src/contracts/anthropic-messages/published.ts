/** Messages as published: the dialect of a provider that deviates in nothing. */

import type { Dialect } from '../dialect.ts'
import { publishedErrors } from '../faults.ts'

export const published: Dialect = {
  auth: 'x-api-key',
  headers: {},
  paths: {},
  outputCap: 'max_tokens',
  outputDefault: 4096,
  systemRole: 'system',
  laterSystemRole: 'user',
  texts: 'list',
  cacheControl: 'parts',
  toolCallIds: 'any',
  topK: true,
  highestTemperature: 1,
  longestUser: null,
  drop: [],
  rename: {},
  reasoning: {
    where: 'output_config.effort',
    efforts: {},
    off: 'disabled',
    adaptive: false,
    replay: 'none',
    read: [],
    excludes: [],
  },
  errors: publishedErrors,
  usage: {
    at: ['usage', 'message.usage'],
    cacheRead: ['cache_read_input_tokens'],
    cacheWrite: ['cache_creation_input_tokens'],
    reasoning: ['output_tokens_details.thinking_tokens'],
    citation: [],
    cacheInInput: false,
    reasoningInOutput: true,
    cacheOverlap: false,
    outputFromTotal: false,
    cost: null,
    modelPrefixes: {},
    region: null,
    bytesPerToken: 3,
  },
}

/** Which contract and endpoint a caller's path reaches: one table. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { route, shapeFor } from '../../src/http/mounts.ts'

const versioned = { 'anthropic-version': '2023-06-01' }

const reached: readonly (readonly [request: string, anthropic: boolean, contract: string | null, endpoint?: string, path?: string])[] = [
  ['POST /v1/chat/completions', false, 'openai-chat', 'generate', '/v1/chat/completions'],
  ['POST /chat/completions', false, 'openai-chat', 'generate', '/v1/chat/completions'],
  ['POST /openai/v1/chat/completions', false, 'openai-chat', 'generate', '/v1/chat/completions'],
  ['POST /openai/chat/completions', false, 'openai-chat', 'generate', '/v1/chat/completions'],
  ['POST /api/v1/chat/completions', false, 'openai-chat', 'generate', '/v1/chat/completions'],
  ['POST /v1/chat/completions', true, 'openai-chat', 'generate', '/v1/chat/completions'],
  ['POST /v1/messages', false, 'anthropic-messages', 'generate', '/v1/messages'],
  ['POST /v1/messages', true, 'anthropic-messages', 'generate', '/v1/messages'],
  ['POST /messages', false, 'anthropic-messages', 'generate', '/v1/messages'],
  ['POST /anthropic/v1/messages', false, 'anthropic-messages', 'generate', '/v1/messages'],
  ['POST /anthropic/messages', true, 'anthropic-messages', 'generate', '/v1/messages'],
  ['GET /v1/models', false, 'openai-chat', 'listModels', '/v1/models'],
  ['GET /v1/models', true, 'anthropic-messages', 'listModels', '/v1/models'],
  ['GET /openai/v1/models', true, 'openai-chat', 'listModels', '/v1/models'],
  ['GET /anthropic/v1/models', false, 'anthropic-messages', 'listModels', '/v1/models'],
  ['GET /api/v1/models', true, 'openai-chat', 'listModels', '/v1/models'],

  ['GET /v1/chat/completions', false, null],
  ['POST /v1/models', false, null],
  ['POST /v1/chat/completions/', false, null],
  ['POST /v1/v1/chat/completions', false, null],
  ['POST /openai/v1/messages', true, null],
  ['POST /anthropic/v1/chat/completions', false, null],
  ['POST /api/v1/messages', false, null],
  ['POST /openai/openai/v1/chat/completions', false, null],
  ['POST /openaiv1/chat/completions', false, null],
  ['POST /V1/chat/completions', false, null],
  ['POST /openai', false, null],
  ['GET /', false, null],
  ['POST /v1/embeddings', false, null],
  ['GET /v1/__proto__', false, null],
  ['GET /constructor', false, null],
]

for (const [request, anthropic, contract, endpoint, path] of reached) {
  const name = anthropic ? `${request} with anthropic-version` : request
  test(`${name} reaches ${contract === null ? 'nothing' : `${endpoint} of ${contract}`}`, () => {
    const [method, from] = request.split(' ') as [string, string]
    const found = route(method, from, anthropic ? versioned : {})
    if (contract === null) return assert.equal(found, undefined)
    assert.deepEqual({ contract: found?.contract, endpoint: found?.endpoint.id, path: found?.path }, { contract, endpoint, path })
  })
}

test('where nothing is reached, the error has the shape that the caller most likely reads', () => {
  assert.equal(shapeFor('/v1/nothing', {}), 'openai-chat')
  assert.equal(shapeFor('/v1/nothing', versioned), 'anthropic-messages')
  assert.equal(shapeFor('/anthropic/v1/nothing', {}), 'anthropic-messages')
  assert.equal(shapeFor('/v1/messages/batches', {}), 'anthropic-messages')
})

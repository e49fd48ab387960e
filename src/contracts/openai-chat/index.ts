/** OpenAI's chat completions: the format that most providers speak, each in its own dialect. */

import type { Json } from '../../core/json.ts'
import { peekBody } from '../asked.ts'
import { priceContextOf } from '../context.ts'
import type { Codec, Contract } from '../contract.ts'
import { readDialect } from '../dialect.ts'
import { credentialHeaders } from '../headers.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { streamDecoder } from './decode-stream.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { streamEncoder } from './encode-stream.ts'
import { decodeError, encodeError } from './error.ts'
import { published } from './published.ts'
import { endpoints, match, retarget } from './request.ts'
import { encodeModels, reportOf } from './response.ts'
import { encodeStreamError, frameKind } from './stream.ts'
import { mergeUsage, normaliseUsage } from './usage.ts'

export const openaiChat: Contract = { id: 'openai-chat', endpoints, match, codec }

function codec(written?: Json, model?: string): Codec {
  const dialect = readDialect(published, written, model)
  return {
    peek: peekBody,
    retarget: (request, set) => retarget(request, set, dialect),
    authorise: (secret, origin) => credentialHeaders(dialect.auth, secret, origin),
    frameKind,
    reportOf: (payload) => reportOf(payload, dialect),
    mergeUsage,
    normaliseUsage: (raw) => normaliseUsage(raw, dialect.usage),
    priceContext: (response, request) => priceContextOf(response, request, model, dialect.usage),
    bytesPerToken: dialect.usage.bytesPerToken,
    modelPrefixes: dialect.usage.modelPrefixes,
    decodeRequest,
    encodeRequest: (call, model, warn) => encodeRequest(call, model, dialect, warn),
    decodeResponse: (body, warn) => decodeResponse(body, dialect, warn),
    encodeResponse,
    streamDecoder: (warn) => streamDecoder(dialect, warn),
    streamEncoder,
    decodeError: (fault) => decodeError(fault, dialect),
    encodeError,
    encodeStreamError,
    encodeModels,
  }
}

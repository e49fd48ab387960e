/** What a provider answers, from its head to its last byte, and what the caller gets of it: a stream as it comes, anything else once the books hold it. */

import type { Codec } from '../contracts/contract.ts'
import type { PurserError } from '../core/errors.ts'
import { isObject, parseJson } from '../core/json.ts'
import type { Fault, Headers } from '../core/wire.ts'
import type { Outcome } from '../ledger/facts.ts'
import { answerHeaders, costHeaders } from './answer-headers.ts'
import type { Carried, StreamCarrier } from './carrier.ts'
import { malformed, saysError } from './failures.ts'
import type { Meter } from './meter.ts'
import type { Outlet } from './outlet.ts'
import type { Prepared } from './prepare.ts'
import { redacted } from './redact.ts'
import type { Owed } from './settlement.ts'
import { type Warnings, warningsHeader } from './warnings.ts'

/** Gives the caller what waited for the settlement. `usedUp`: there is no use in his trying again. */
export type Release = (owed: Owed, usedUp: boolean) => void

export type ReplyInput = {
  readonly requestId: string
  readonly prepared: Prepared
  readonly callerCodec: Codec
  readonly outlet: Outlet
  readonly meter: Meter
  readonly warnings: Warnings
  readonly wantsCost: boolean
  /** The answer is over. Nothing is read after it. */
  readonly ended: (outcome: Outcome, error: PurserError | null, release: Release) => void
}

export interface Reply {
  /** 0 until the provider has answered. */
  readonly status: number
  readonly headers: Headers
  readonly bytes: number
  /** It comes in events. */
  readonly streams: boolean
  /** The terminal event, or a whole body, was seen. */
  readonly complete: boolean
  /** The caller has seen something of it, and no other answer can follow. */
  readonly begun: boolean
  head(status: number, headers: Headers): void
  /** False asks the provider to pause. These two throw PurserError on what cannot be read. */
  data(chunk: Uint8Array): boolean
  end(): void
  /** Ends it in failure: a proper error where the caller has seen nothing, else the stream's own error event and a broken connection. */
  fail(outcome: Outcome, error: PurserError): void
}

export function createReply(input: ReplyInput): Reply {
  const { prepared, callerCodec, outlet, meter, warnings, requestId } = input
  const { target, secret } = prepared
  const { codec, provider } = target
  const carrier = prepared.carrier(meter, warnings)
  let status = 0
  let headers: Headers = {}
  let received = 0
  let complete = false
  let begun = false
  let stream: StreamCarrier | undefined
  let body: Uint8Array[] = []

  const decodeError = (bytes: Uint8Array): PurserError => codec.decodeError({ status, headers, body: bytes })

  const headersFor = (contentType: string, told: Record<string, string>): Record<string, string> => ({
    ...answerHeaders(headers, requestId),
    ...(carrier.relays ? {} : { 'content-type': contentType }),
    ...told,
  })

  const sendFault = (fault: Fault, usedUp: boolean): void => {
    outlet.head(fault.status, usedUp ? { ...fault.headers, 'x-should-retry': 'false' } : fault.headers)
    outlet.finish(fault.body)
  }

  const tell = (error: PurserError, usedUp: boolean): void => {
    const fault = callerCodec.encodeError(error, requestId)
    sendFault({ ...fault, headers: { ...fault.headers, ...warningsHeader(prepared.warnings) } }, usedUp)
  }

  const fail = (outcome: Outcome, error: PurserError): void =>
    input.ended(outcome, error, (_owed, usedUp) => {
      if (begun) outlet.break(callerCodec.encodeStreamError(error, requestId))
      else tell(error, usedUp)
    })

  // --- a stream: its head goes out with the first event that is no error ---

  const begin = (): void => {
    if (begun) return
    begun = true
    outlet.head(status, headersFor('text/event-stream; charset=utf-8', warningsHeader(prepared.warnings)))
  }

  const carry = ({ forward, ending }: Carried): boolean => {
    if (forward) begin()
    const flowing = forward === null || outlet.write(forward)
    if (ending?.kind === 'terminal') {
      complete = true
      input.ended('succeeded', null, () => {
        begin()
        outlet.finish(ending.bytes ?? undefined)
      })
    } else if (ending) {
      const error = decodeError(redacted(Buffer.from(ending.data), secret))
      const bytes = ending.bytes && redacted(ending.bytes, secret)
      input.ended('provider_error', error, (_owed, usedUp) => {
        if (!bytes && !begun) return tell(error, usedUp)
        begin()
        outlet.finish(bytes ?? callerCodec.encodeStreamError(error, requestId))
      })
    }
    return flowing
  }

  // --- a whole body: it waits for the settlement ---

  const finishBody = (bytes: Uint8Array): void => {
    const payload = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
    if (!isObject(payload)) return fail('cut', malformed(provider.name, 'its answer is no JSON object'))
    meter.take(payload)
    complete = true
    const clean = saysError(payload) ? redacted(bytes, secret) : null
    const error = clean && decodeError(clean)
    if (error && !carrier.relays) return fail('provider_error', error)
    const answer = clean ?? carrier.body(payload, bytes)
    input.ended(error ? 'provider_error' : 'succeeded', error, (owed) => {
      const told = { ...warningsHeader(warnings.list()), ...(input.wantsCost ? costHeaders(owed) : {}) }
      outlet.head(status, headersFor('application/json', { ...told, 'content-length': String(answer.length) }))
      outlet.finish(answer)
    })
  }

  /** A status that is no success. In a relay the provider's own words pass, but for those that speak of our credential. */
  const finishRefusal = (bytes: Uint8Array): void => {
    const clean = redacted(bytes, secret)
    const payload = parseJson(clean.toString('utf8'))
    if (isObject(payload)) meter.take(payload)
    const error = status < 400 ? malformed(provider.name, `it answered ${status}, and redirects are not followed`) : decodeError(clean)
    const passes = carrier.relays && isObject(payload) && status >= 400 && status < 600 && status !== 401 && status !== 403
    if (!passes) return fail('provider_error', error)
    const fault = { status, headers: { ...answerHeaders(headers, requestId), 'content-length': String(clean.length) }, body: clean }
    input.ended('provider_error', error, (_owed, usedUp) => sendFault(fault, usedUp))
  }

  return {
    get status() {
      return status
    },
    get headers() {
      return headers
    },
    get bytes() {
      return received
    },
    get streams() {
      return stream !== undefined
    },
    get complete() {
      return complete
    },
    get begun() {
      return begun
    },
    head(upstreamStatus, upstreamHeaders) {
      status = upstreamStatus
      headers = upstreamHeaders
      if (status < 300 && (headers['content-type'] ?? '').startsWith('text/event-stream')) stream = carrier.stream()
    },
    data(chunk) {
      received += chunk.length
      if (stream) return carry(stream.push(chunk))
      body.push(chunk)
      return true
    },
    end() {
      if (stream) {
        const last = stream.end()
        carry(last)
        if (!last.ending) fail('cut', malformed(provider.name, 'its stream ended before the answer was complete'))
        return
      }
      const bytes = body.length === 1 ? body[0]! : Buffer.concat(body)
      body = []
      if (status >= 300) finishRefusal(bytes)
      else finishBody(bytes)
    },
    fail,
  }
}

/** Requests and answers for the tests of contracts, as `http/` and the gateway would hand them over. */

import type { Codec, Defaults } from '../../src/contracts/contract.ts'
import { contractOf } from '../../src/contracts/index.ts'
import type { Json } from '../../src/core/json.ts'
import { scan } from '../../src/core/scan.ts'
import type { Fault, Frame, Headers, WireRequest } from '../../src/core/wire.ts'

export const paths = { 'openai-chat': '/v1/chat/completions', 'anthropic-messages': '/v1/messages' } as const
export type Spoken = keyof typeof paths
export const spoken = Object.keys(paths) as Spoken[]

export function codecFor(id: string, dialect?: Json, model?: string): Codec {
  return contractOf(id)!.codec(dialect, model)
}

export function request(path: string, body: string, headers: Headers = {}, query = ''): WireRequest {
  const bytes = Buffer.from(body)
  return { method: 'POST', path, query: new URLSearchParams(query), headers, body: bytes, scan: scan(bytes) }
}

/** The body that the provider gets, as text. */
export function sent(id: Spoken, body: string, model: string, defaults: Defaults = {}, dialect?: Json): string {
  return Buffer.from(codecFor(id, dialect).retarget(request(paths[id], body), { model, defaults }).body).toString()
}

export function fault(status: number, body: Json | string, headers: Headers = {}): Fault {
  return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
}

export function bodyOf(answer: Fault): Json {
  return JSON.parse(Buffer.from(answer.body).toString()) as Json
}

export function frame(data: string, event = ''): Frame {
  return { event, data, bytes: Buffer.from(`${event === '' ? '' : `event: ${event}\n`}data: ${data}\n\n`) }
}

/** A recorded exchange, the request that is sent for it, and the request that its provider must then receive. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Recording = {
  readonly id: string
  readonly provider: string
  readonly contract: string
  readonly model: string | null
  readonly stream: boolean
  readonly request: { readonly method: string; readonly path: string; readonly body: Record<string, unknown> | null }
  readonly response: { readonly status: number; readonly body?: unknown; readonly sse_text?: string; readonly body_text?: string }
}

/** All recordings of one contract, in the order of the file; none where the folder has no such file. */
export function readRecordings(corpus: string, contract: string): Recording[] {
  const path = join(corpus, `${contract}.jsonl`)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recording)
}

/** The recorded body; where none was kept, a small one. The recording is named behind the model, as the replay reads it. */
export function requestOf(recording: Recording): Record<string, unknown> {
  const body = recording.request.body ?? {
    model: recording.model ?? 'recorded',
    messages: [{ role: 'user', content: 'as recorded' }],
    ...(recording.contract === 'anthropic-messages' ? { max_tokens: 64 } : {}),
    ...(recording.stream ? { stream: true } : {}),
  }
  return { ...body, model: `${String(body.model ?? recording.model)}@@${recording.id}` }
}

/** What a relay may add: the usage frame of an OpenAI stream, where the caller did not ask for it. */
export function expectedRequest(request: Record<string, unknown>, contract: string): Record<string, unknown> {
  if (contract !== 'openai-chat' || request.stream !== true) return request
  const options = (request.stream_options ?? {}) as Record<string, unknown>
  return { ...request, stream_options: { ...options, include_usage: options.include_usage ?? true } }
}

/** What the caller must get of a provider's stream: all of it, but for the usage frame that only Purser asked for, and nothing behind the terminal event. */
export function expectedAnswer(stream: string, asked: Record<string, unknown>, contract: string): string {
  const frames = stream.split(/(?<=\n\r?\n)/)
  const options = (asked.stream_options ?? {}) as Record<string, unknown>
  const keepsUsage = contract !== 'openai-chat' || options.include_usage !== undefined
  const end = frames.findIndex((frame) => /^data: \[DONE\]|^event: message_stop/m.test(frame))
  const upToTheEnd = end < 0 ? frames : frames.slice(0, end + 1)
  return upToTheEnd.filter((frame) => keepsUsage || !/"choices":\s*\[\]/.test(frame) || !/"usage":\s*\{/.test(frame)).join('')
}

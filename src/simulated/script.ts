/** What the built-in provider does to one request, as a list of steps: deciding is apart from doing. */

import type { Headers } from '../core/wire.ts'
import type { Answer, Asked, Format } from './asked.ts'
import { type Behaviour, models } from './models.ts'

export type Step =
  | { readonly type: 'head'; readonly status: number; readonly headers: Headers }
  | { readonly type: 'write'; readonly text: string }
  | { readonly type: 'wait'; readonly ms: number }
  /** Writes the text again and again, for as long as somebody reads, up to so many times. */
  | { readonly type: 'flood'; readonly text: string; readonly times: number }
  | { readonly type: 'end' }
  /** Breaks the connection. */
  | { readonly type: 'cut' }
  /** Says nothing more until the caller goes. */
  | { readonly type: 'hang' }

export type Situation = { readonly format: Format; readonly asked: Asked; readonly answer: Answer; readonly behaviour: Behaviour }

const firstWaitMs = 2_000
const pieceWaitMs = 200

/** Every answer carries the mark, so that nobody takes it for a model's. */
export const marked: Headers = { 'x-simulated': 'true' }
const eventStream: Headers = { ...marked, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }

export function scriptFor(situation: Situation): readonly Step[] {
  const { behaviour, format, answer, asked } = situation
  const oddity = oddities[behaviour.type]
  if (oddity !== undefined) return oddity(situation)
  if (behaviour.type === 'error') {
    const later: Headers = behaviour.retryAfter === undefined ? {} : { 'retry-after': String(behaviour.retryAfter) }
    return failure(format, behaviour.status, `Simulated: the model ${answer.model} always answers ${behaviour.status}.`, answer.id, later)
  }
  return asked.stream ? stream(situation) : plain(200, JSON.stringify(format.whole(answer)))
}

export function failure(format: Format, status: number, message: string, id: string, headers: Headers = {}): readonly Step[] {
  return plain(status, JSON.stringify(format.error(status, message, id)), headers)
}

export function listing(format: Format): readonly Step[] {
  return plain(200, JSON.stringify(format.list(Object.keys(models))))
}

function plain(status: number, body: string, headers: Headers = {}): readonly Step[] {
  const length = String(Buffer.byteLength(body))
  return [
    { type: 'head', status, headers: { ...marked, ...headers, 'content-type': 'application/json', 'content-length': length } },
    { type: 'write', text: body },
    { type: 'end' },
  ]
}

const head: Step = { type: 'head', status: 200, headers: eventStream }
const end: Step = { type: 'end' }
const write = (text: string): Step => ({ type: 'write', text })

function stream({ format, answer, asked }: Situation): readonly Step[] {
  const { opening, content, closing } = format.frames(answer, asked.wantsUsage)
  return [head, ...[...opening, ...content, ...closing].map(write), end]
}

/** Behaviours that are no ordinary answer. */
const oddities: Readonly<Partial<Record<Behaviour['type'], (situation: Situation) => readonly Step[]>>> = {
  slow({ format, answer, asked }) {
    const first: Step = { type: 'wait', ms: firstWaitMs }
    if (!asked.stream) return [first, ...plain(200, JSON.stringify(format.whole(answer)))]
    const { opening, content, closing } = format.frames(answer, asked.wantsUsage)
    const spaced = content.flatMap((text): Step[] => [{ type: 'wait', ms: pieceWaitMs }, write(text)])
    return [first, head, ...opening.map(write), ...spaced, ...closing.map(write), end]
  },
  cut({ format, answer, asked }) {
    if (!asked.stream) {
      const [start, body] = plain(200, JSON.stringify(format.whole(answer))) as [Step, Step & { type: 'write' }]
      return [start, write(body.text.slice(0, Math.floor(body.text.length / 2))), { type: 'cut' }]
    }
    const { opening, content } = format.frames(answer, asked.wantsUsage)
    return [head, ...[...opening, ...content].map(write), end]
  },
  'error-first': ({ format, answer, asked }) =>
    asked.stream
      ? [head, write(format.errorFrame('Simulated: overloaded before the first word.', answer.id)), end]
      : plain(200, JSON.stringify(format.error(503, 'Simulated: an error under status 200.', answer.id))),
  'error-mid'({ format, answer, asked }) {
    if (!asked.stream) return failure(format, 500, 'Simulated: failed half way.', answer.id)
    const { opening, content } = format.frames(answer, asked.wantsUsage)
    const half = content.slice(0, Math.ceil(content.length / 2))
    return [head, ...[...opening, ...half].map(write), write(format.errorFrame('Simulated: failed half way.', answer.id)), end]
  },
  garbage: ({ asked }) =>
    asked.stream ? [head, write('data: {"simulated": this is no JSON\n\n'), end] : plain(200, '<html>simulated: this is no JSON</html>'),
  hang: () => [{ type: 'hang' }],
  redirect: () => plain(307, '', { location: '/v1/elsewhere' }),
  'endless-line': () => [head, write('data: '), { type: 'flood', text: 'x'.repeat(65_536), times: 2_048 }, { type: 'cut' }],
}

/** Callers who keep asking: both contracts, plain and streamed, some answered with an error, some who leave. Each full answer is written down. */

import { Agent, type IncomingMessage, request } from 'node:http'
import type { Dice } from './random.ts'

/** An answer whose last byte, or whose terminal frame, the caller has in hand. */
export type Received = { readonly callId: string; readonly outcome: 'succeeded' | 'provider_error'; readonly stream: boolean }

export interface Callers {
  readonly received: readonly Received[]
  /** Requests that found a server, and those whose callers left on purpose. */
  counts(): { readonly sent: number; readonly left: number }
  /** Lets nobody begin again, and waits for those under way: the server is dead, so they end. */
  stop(): Promise<void>
}

type Contract = {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly extra: object
  readonly terminal: string
}

const contracts: Readonly<Record<string, Contract>> = {
  'openai-chat': { path: '/v1/chat/completions', headers: {}, extra: {}, terminal: 'data: [DONE]\n\n' },
  'anthropic-messages': {
    path: '/v1/messages',
    headers: { 'anthropic-version': '2023-06-01' },
    extra: { max_tokens: 60 },
    terminal: '"type":"message_stop"}\n\n',
  },
}

type Kind = {
  readonly contract: keyof typeof contracts
  readonly model: string
  readonly stream: boolean
  readonly outcome: Received['outcome']
  /** Leaves with the first bytes of the answer in hand. */
  readonly leaves?: true
  readonly extra?: object
}

const kinds: readonly Kind[] = [
  { contract: 'openai-chat', model: 'simulated', stream: false, outcome: 'succeeded' },
  { contract: 'openai-chat', model: 'simulated', stream: true, outcome: 'succeeded' },
  {
    contract: 'openai-chat',
    model: 'simulated/simulated-long',
    stream: true,
    outcome: 'succeeded',
    extra: { stream_options: { include_usage: true }, max_tokens: 40 },
  },
  { contract: 'openai-chat', model: 'simulated/simulated-error-429', stream: false, outcome: 'provider_error' },
  { contract: 'openai-chat', model: 'simulated/simulated-long', stream: true, outcome: 'succeeded', leaves: true },
  { contract: 'anthropic-messages', model: 'simulated-claude', stream: false, outcome: 'succeeded' },
  { contract: 'anthropic-messages', model: 'anthropic/simulated-claude', stream: true, outcome: 'succeeded' },
  { contract: 'anthropic-messages', model: 'simulated-anthropic/simulated-cached', stream: true, outcome: 'succeeded' },
  { contract: 'anthropic-messages', model: 'simulated-anthropic/simulated-error-529', stream: true, outcome: 'provider_error' },
  {
    contract: 'anthropic-messages',
    model: 'simulated-anthropic/simulated-long',
    stream: true,
    outcome: 'succeeded',
    leaves: true,
    extra: { max_tokens: 400 },
  },
]

export function startCallers(url: string, key: string, count: number, dice: Dice): Callers {
  const agent = new Agent({ keepAlive: true })
  const received: Received[] = []
  let sent = 0
  let left = 0
  let stopped = false

  async function caller(): Promise<void> {
    while (!stopped) {
      const kind = kinds[dice.below(kinds.length)]!
      const outcome = await ask(agent, url, key, kind, received)
      if (outcome === 'refused') return
      sent += 1
      if (outcome === 'left') left += 1
    }
  }

  const running = Promise.all(Array.from({ length: count }, caller))
  return {
    received,
    counts: () => ({ sent, left }),
    async stop() {
      stopped = true
      await running
      agent.destroy()
    },
  }
}

/** One call. `refused`: there is no server any more. */
function ask(agent: Agent, url: string, key: string, kind: Kind, received: Received[]): Promise<'ended' | 'left' | 'refused'> {
  const contract = contracts[kind.contract]!
  const messages = [{ role: 'user', content: 'What does a purser do all day, and who pays for it?' }]
  const body = JSON.stringify({ model: kind.model, messages, stream: kind.stream, ...contract.extra, ...kind.extra })
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...contract.headers,
    }
    const call = request(`${url}${contract.path}`, { method: 'POST', agent, headers })
    call.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'ended'))
    call.once('response', (response) => {
      if (kind.leaves) response.once('data', () => call.destroy())
      else read(response, contract.terminal, kind, received)
      response.once('error', () => {})
      response.once('close', () => resolve(kind.leaves ? 'left' : 'ended'))
    })
    call.end(body)
  })
}

/** A stream is received with its terminal frame, even if the connection then breaks; any other body with its end. */
function read(response: IncomingMessage, terminal: string, { stream, outcome }: Kind, received: Received[]): void {
  const callId = String(response.headers['x-request-id'])
  const ours = outcome === 'succeeded' ? response.statusCode === 200 : response.statusCode === 429 || response.statusCode === 529
  let text = ''
  let noted = false
  const note = () => {
    if (!noted && ours) received.push({ callId, outcome, stream })
    noted = true
  }
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (stream && text.endsWith(terminal)) note()
  })
  response.once('end', () => {
    if (response.complete && (!stream || outcome === 'provider_error')) note()
  })
}

/** What is measured: each row is one load, put on every gateway in turn. */

export type ContractName = 'openai-chat' | 'anthropic-messages'

export type Row = {
  readonly id: string
  readonly title: string
  /** Decides which figures are shown: `saturation` is a closed loop, the others are open loops at `perSecond`. */
  readonly kind: 'saturation' | 'latency' | 'stream'
  readonly contract: ContractName
  /** The contract of the provider, where it is another: Purser translates, and whoever cannot is shown passing it through. */
  readonly to?: ContractName
  /** What the upstream is to do, in the letters that `upstream.c` reads. */
  readonly model: string
  readonly bodyBytes: number
  readonly connections: number
  /** 0 is a closed loop: every connection calls again at once. */
  readonly perSecond: number
}

export const chunksOfAStream = 100

// A chunk every 10.3 ms: no multiple of the time between two streams, so that streams do not fall into step and speak all at once.
const stream = `c${chunksOfAStream}-g10300`
const chat = { contract: 'openai-chat', bodyBytes: 2_000 } as const
const closed = { kind: 'saturation', perSecond: 0 } as const

export const rows: readonly Row[] = [
  { ...chat, ...closed, id: 'json-32', title: 'JSON 2 KB, 32 connections', model: 't0', connections: 32 },
  { ...chat, ...closed, id: 'json-128', title: 'JSON 2 KB, 128 connections', model: 't0', connections: 128 },
  { ...chat, ...closed, id: 'json-50k', title: 'JSON 50 KB, 32 connections', model: 't0', connections: 32, bodyBytes: 50_000 },
  { ...chat, ...closed, id: 'json-500k', title: 'JSON 500 KB, 8 connections', model: 't0', connections: 8, bodyBytes: 500_000 },
  {
    ...chat,
    ...closed,
    id: 'messages-32',
    title: 'Anthropic messages JSON 2 KB, 32 connections',
    contract: 'anthropic-messages',
    model: 't0',
    connections: 32,
  },
  { ...chat, id: 'latency', title: 'JSON 2 KB, 100 calls/s, no thought', kind: 'latency', model: 't0', connections: 64, perSecond: 100 },
  {
    ...chat,
    id: 'latency-think',
    title: 'JSON 2 KB, 100 calls/s, 50 ms of thought',
    kind: 'latency',
    model: 't50',
    connections: 64,
    perSecond: 100,
  },
  { ...chat, id: 'stream-10', title: 'streams of 100 chunks, 10 a second', kind: 'stream', model: stream, connections: 64, perSecond: 10 },
  { ...chat, id: 'stream-50', title: 'streams of 100 chunks, 50 a second', kind: 'stream', model: stream, connections: 256, perSecond: 50 },
  ...pair('openai-chat', 'anthropic-messages'),
  ...pair('anthropic-messages', 'openai-chat'),
]

/** A caller of one contract at a provider of the other, plain and streamed. */
function pair(contract: ContractName, to: ContractName): readonly Row[] {
  const both = { contract, to, bodyBytes: 2_000 } as const
  const names = `${contract} to ${to}`
  return [
    { ...both, ...closed, id: `pair-${contract}-json`, title: `${names}: JSON 2 KB, 32 connections`, model: 't0', connections: 32 },
    {
      ...both,
      id: `pair-${contract}-stream`,
      title: `${names}: streams, 50 a second`,
      kind: 'stream',
      model: stream,
      connections: 256,
      perSecond: 50,
    },
  ]
}

/** The load of warming up, of first calls and of the call that shows a gateway works: the first row's. */
export const plainRow = rows[0]!

/** Streams that say one chunk and then nothing for ten minutes. */
export const idleStreams: Row = {
  ...chat,
  id: 'idle',
  title: 'idle open streams',
  kind: 'stream',
  model: 'c3-g600000000',
  connections: 1_000,
  perSecond: 0,
}

/** A request body of exactly the row's size, the model in front as clients write it. */
export function bodyOf(row: Row, model: string): string {
  const streams = row.kind === 'stream'
  const body = {
    model,
    messages: [
      { role: 'user', content: 'Where does the money go?' },
      { role: 'assistant', content: 'Mostly to rent.' },
      { role: 'user', content: '' },
    ],
    max_tokens: 512,
    ...(streams ? { stream: true } : {}),
    ...(streams && row.contract === 'openai-chat' ? { stream_options: { include_usage: true } } : {}),
  }
  const missing = row.bodyBytes - JSON.stringify(body).length
  body.messages[2]!.content = 'and what of the rest, '.repeat(Math.ceil(missing / 22)).slice(0, Math.max(0, missing))
  return JSON.stringify(body)
}

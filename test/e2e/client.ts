/** A caller of both contracts, and an operator who looks into the books. Plain node:http, so that broken answers can be told from clean ones. */

import { type IncomingMessage, request } from 'node:http'

export type ContractName = 'openai-chat' | 'anthropic-messages'

export type Question = {
  readonly contract?: ContractName
  readonly model: string
  readonly text?: string
  readonly stream?: boolean
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** Whether the answer came to the end that HTTP gives it. */
  readonly isWhole: boolean
  /** The call's id. */
  readonly id: string
}

/** The provider's own models are called as `provider/model`; each contract has its own simulated provider. */
export const contracts = {
  'openai-chat': {
    path: '/v1/chat/completions',
    provider: 'simulated',
    profile: 'simulated',
    headers: {},
    extra: {},
    terminal: 'data: [DONE]',
  },
  'anthropic-messages': {
    path: '/v1/messages',
    provider: 'simulated-anthropic',
    profile: 'simulated-claude',
    headers: { 'anthropic-version': '2023-06-01' },
    extra: { max_tokens: 500 },
    terminal: '"type":"message_stop"',
  },
} as const

export type Caller = {
  ask(question: Question): Promise<Answer>
  /** An answer under way. `onText` hears all that has come so far. */
  begin(question: Question, onText?: (text: string) => void): { readonly answer: Promise<Answer>; leave(): void }
}

export function callerOf(url: string, key: string): Caller {
  const begin: Caller['begin'] = ({ contract = 'openai-chat', model, text = 'twelve bytes', stream = false, body, headers }, onText) => {
    const { path, extra, headers: own } = contracts[contract]
    const bytes = Buffer.from(JSON.stringify({ model, stream, ...extra, messages: [{ role: 'user', content: text }], ...body }))
    const sent = request(url + path, {
      method: 'POST',
      agent: false,
      headers: { 'x-api-key': key, 'content-type': 'application/json', 'content-length': bytes.length, ...own, ...headers },
    })
    const answer = new Promise<Answer>((resolve, reject) => {
      sent.on('error', reject)
      sent.on('response', (incoming) => {
        let said = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (part: string) => {
          said += part
          onText?.(said)
        })
        incoming.on('error', () => {})
        incoming.on('close', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: said,
            isWhole: incoming.complete,
            id: String(incoming.headers['x-request-id']),
          }),
        )
      })
    })
    sent.end(bytes)
    return { answer, leave: () => sent.destroy() }
  }
  return { begin, ask: (question) => begin(question).answer }
}

export type ShownCharge = { readonly meter: string; readonly qty: string; readonly price: string; readonly amount: string }

export type ShownSettlement = {
  readonly outcome: string
  readonly error_kind: string | null
  readonly upstream_status: number | null
  readonly usage_source: string
  readonly pricing_status: string
  readonly unpriced: object
  readonly charged: string | null
  readonly currency: string | null
  readonly stop_reason: string | null
}

export type ShownCall = {
  readonly id: string
  readonly stream: boolean
  readonly requested_name: string
  readonly config_revision: number
  readonly attempts: readonly {
    readonly id: string
    readonly epoch: number
    readonly settlement: ShownSettlement | null
    readonly charges: readonly ShownCharge[]
  }[]
}

export type Operator = {
  get<T>(path: string): Promise<T>
  call(id: string): Promise<ShownCall>
  /** The settlement of a call's last attempt, once every attempt has its own. */
  settlement(id: string): Promise<ShownSettlement>
  openAttempts(): Promise<number>
}

export function operatorOf(url: string, token: string): Operator {
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}`, connection: 'close' } })
    const text = await response.text()
    if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${text}`)
    return JSON.parse(text) as T
  }
  const call = (id: string) => get<ShownCall>(`/calls/${id}`)
  return {
    get,
    call,
    settlement: (id) =>
      until(`call ${id} is settled`, async () => {
        const { attempts } = await call(id)
        return attempts.every(({ settlement }) => settlement) ? (attempts.at(-1)?.settlement ?? undefined) : undefined
      }),
    openAttempts: async () => (await get<{ counts: { open_attempts: number } }>('/status')).counts.open_attempts,
  }
}

/** Asks again until there is an answer. Bounded by a count of tries, so that a test that waits in vain ends. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`Waited in vain: ${what}.`)
}

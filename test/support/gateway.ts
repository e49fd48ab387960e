/** A gateway with nothing real around it: a caller, an upstream, a ledger and a clock that the test moves by hand. */

import type { ContractId } from '../../src/contracts/contract.ts'
import type { CallGrant } from '../../src/core/call-scope.ts'
import type { Connection, Key, Profile, Provider, Route } from '../../src/core/nouns.ts'
import type { Exchange, Timers, Upstream, UpstreamFailure, UpstreamHandle, UpstreamRequest, UpstreamSink } from '../../src/core/ports.ts'
import { scan } from '../../src/core/scan.ts'
import { Secret } from '../../src/core/secret.ts'
import type { GatewayDeps } from '../../src/gateway/deps.ts'
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts'
import type { AttemptFacts, CallFacts, SettlementFacts } from '../../src/ledger/facts.ts'
import { rateBook } from '../../src/pricing/book.ts'
import type { Directory } from '../../src/routing/directory.ts'
import type { Done } from '../../src/store/store.ts'

const canonical = { is_canonical: false, canonical_revision: null, disabled: false }
const times = { removed_at: null, created_at: 1, updated_at: 1 }

export function providerRow(row: Partial<Provider> & { readonly name: string; readonly contract: string }): Provider {
  return {
    id: `provider-${row.name}`,
    base_url: 'https://provider.example/v1',
    dialect: {},
    network: 'public',
    network_cidrs: null,
    stops_on_disconnect: null,
    bills_errors: false,
    modality: 'chat',
    ...canonical,
    ...times,
    ...row,
  }
}

export function connectionRow(row: Partial<Connection> & { readonly name: string; readonly provider_id: string }): Connection {
  return {
    id: `connection-${row.name}`,
    auth: { type: 'api_key', credential: 'env:KEY' },
    billing: 'own',
    platform: null,
    on_abandon: null,
    canonical_equivalent_id: null,
    ...canonical,
    ...times,
    ...row,
  }
}

export function routeRow(row: Partial<Route> & { readonly name: string; readonly profiles: readonly Profile[] }): Route {
  const { profiles, ...fields } = row
  const id = `route-${row.name}`
  const members = profiles.map(({ id: profile_id }, position) => ({ route_id: id, position, profile_id, weight: null, conditions: {} }))
  return { id, allow_cross: [], members, ...canonical, ...times, ...fields }
}

export function profileRow(row: Partial<Profile> & { readonly name: string; readonly provider_id: string }): Profile {
  return {
    id: `profile-${row.name}`,
    connection_id: null,
    model: 'coin-1',
    system_prompt: null,
    temperature: null,
    max_tokens: null,
    params: {},
    timeouts: {},
    strict: false,
    idempotent: false,
    ...canonical,
    ...times,
    ...row,
  }
}

type Rows = {
  readonly providers: readonly Provider[]
  readonly connections: readonly Connection[]
  readonly profiles: readonly Profile[]
  readonly routes?: readonly Route[]
  readonly keys?: readonly Key[]
  readonly defaultName?: string
}

/** Every model named `coin-1` costs 1.00 in and 2.00 out per 1M tokens: 1 and 2 millionths a token. */
export function directoryOf(rows: Rows): Directory {
  const cards = rows.providers.map((provider) => ({
    id: `card-${provider.name}`,
    provider_id: provider.id,
    connection_id: null,
    model: 'coin-1',
    match_mode: 'exact',
    input_token_nanos_per_1m: 1_000_000_000n,
    output_token_nanos_per_1m: 2_000_000_000n,
    cache_write_token_nanos_per_1m: null,
    cache_read_token_nanos_per_1m: null,
    currency: 'USD',
    effective_from: 0,
    revision: 0n,
    recorded_at: 1,
    source: 'manifest@1',
    source_ref: {},
  }))
  return {
    revision: 1n,
    knownAt: 1,
    profiles: new Map(rows.profiles.map((row) => [row.name, row])),
    profilesById: new Map(rows.profiles.map((row) => [row.id, row])),
    routes: new Map((rows.routes ?? []).map((row) => [row.name, row])),
    providers: new Map(rows.providers.map((row) => [row.id, row])),
    providersByName: new Map(rows.providers.map((row) => [row.name, row])),
    connections: new Map(rows.connections.map((row) => [row.id, row])),
    keys: new Map((rows.keys ?? []).map((row) => [row.id, row])),
    book: rateBook({ cards }),
    defaultName: rows.defaultName ?? null,
    quarantined: [],
  }
}

const chat = providerRow({ name: 'chat', contract: 'openai-chat' })
const messages = providerRow({ name: 'messages', contract: 'anthropic-messages' })

/** Two providers, `chat` and `messages`, each with a connection and a profile of its own name. */
export const plainDirectory: Directory = directoryOf({
  providers: [chat, messages],
  connections: [connectionRow({ name: 'chat', provider_id: chat.id }), connectionRow({ name: 'messages', provider_id: messages.id })],
  profiles: [profileRow({ name: 'chat', provider_id: chat.id }), profileRow({ name: 'messages', provider_id: messages.id })],
})

export class FakeCaller implements Exchange {
  readonly request: Exchange['request']
  status = 0
  headers: Readonly<Record<string, string>> = {}
  text = ''
  end_: 'open' | 'clean' | 'broken' = 'open'
  /** What `write` answers. */
  flowing = true
  #drain = (): void => {}
  #abort = (): void => {}

  constructor(body: unknown, path: string, headers: Record<string, string> = {}) {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    this.request = {
      method: 'POST',
      path,
      query: new URLSearchParams(),
      headers: { 'content-type': 'application/json', ...headers },
      body: bytes,
      scan: scan(bytes),
    }
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.status !== 0 || this.text !== '') throw new Error('There is one head, and it comes first.')
    this.status = status
    this.headers = headers
  }
  write(bytes: Uint8Array): boolean {
    if (this.end_ !== 'open') throw new Error('Nothing is written after the end.')
    this.text += Buffer.from(bytes).toString()
    return this.flowing
  }
  end(bytes?: Uint8Array): void {
    if (bytes) this.write(bytes)
    this.end_ = 'clean'
  }
  destroy(last?: Uint8Array): void {
    if (last) this.write(last)
    this.end_ = 'broken'
  }
  onDrain(run: () => void): void {
    this.#drain = run
  }
  onAbort(run: () => void): void {
    this.#abort = run
  }
  drain(): void {
    this.#drain()
  }
  leave(): void {
    this.#abort()
  }
}

/** One exchange with a provider, as the test plays it. */
export class FakeUpstream implements Upstream {
  /** Of each attempt, in order. */
  requests: UpstreamRequest[] = []
  sink!: UpstreamSink
  aborted = false
  resumed = 0

  /** Of the last attempt. */
  get request(): UpstreamRequest | undefined {
    return this.requests.at(-1)
  }

  send(request: UpstreamRequest, sink: UpstreamSink): UpstreamHandle {
    this.requests.push(request)
    this.sink = sink
    return {
      resume: () => {
        this.resumed += 1
      },
      abort: () => {
        this.aborted = true
        sink.onFailure({ reason: 'aborted', sent: true, message: 'aborted' })
      },
    }
  }
  /** A whole plain answer. */
  answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.sink.onHead(status, { 'content-type': 'application/json', ...headers })
    this.sink.onData(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
    this.sink.onEnd()
  }
  stream(...frames: string[]): boolean {
    if (frames.length > 0) this.sink.onHead(200, { 'content-type': 'text/event-stream' })
    return this.say(...frames)
  }
  say(...frames: string[]): boolean {
    return this.sink.onData(Buffer.from(frames.join('')))
  }
  fail(failure: Partial<UpstreamFailure> & Pick<UpstreamFailure, 'reason'>): void {
    this.sink.onFailure({ sent: true, message: failure.reason, ...failure })
  }
}

/** Answers only when the test says so. */
export class FakeLedger {
  call: CallFacts | undefined
  attempts: AttemptFacts[] = []
  settlements: SettlementFacts[] = []
  /** What was asked of it, in order: `intend 1`, `settle 1`, `follow 1 2` … */
  asked: string[] = []
  committed: Done = () => {}
  durable: Done = () => {}
  settled: Done = () => {}

  intend(call: CallFacts, attempt: AttemptFacts, committed: Done, durable: Done): void {
    this.asked.push(`intend ${attempt.attemptNo}`)
    this.#begin(call, attempt, committed, durable)
  }
  settle(settlement: SettlementFacts, done: Done): void {
    this.asked.push(`settle ${numberOf(settlement)}`)
    this.settlements.push(settlement)
    this.settled = once(done)
  }
  follow(ended: SettlementFacts, call: CallFacts, next: AttemptFacts, committed: Done, durable: Done): void {
    this.asked.push(`follow ${numberOf(ended)} ${next.attemptNo}`)
    this.settlements.push(ended)
    this.#begin(call, next, committed, durable)
  }
  #begin(call: CallFacts, attempt: AttemptFacts, committed: Done, durable: Done): void {
    this.attempts.push(attempt)
    Object.assign(this, { call, committed: once(committed), durable: once(durable) })
  }
  /** The intent that waits is committed and durable. */
  admit(): void {
    const { durable } = this
    this.committed()
    durable()
  }
  /** The settlement of the one attempt. */
  get settlement(): SettlementFacts {
    const [only, ...others] = this.settlements
    if (!only || others.length > 0) throw new Error(`There are ${this.settlements.length} settlements.`)
    return only
  }
}

/** A ledger answers one time. */
function once(done: Done): Done {
  let open = true
  return (error) => {
    if (open) done(error)
    open = false
  }
}

function numberOf({ attemptId }: SettlementFacts): string {
  return attemptId.split('.')[1] ?? ''
}

export class HandTimers implements Timers {
  now = 0
  #waiting: { at: number; run: () => void }[] = []
  after(ms: number, run: () => void): () => void {
    const entry = { at: this.now + ms, run }
    this.#waiting.push(entry)
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== entry)
    }
  }
  pass(ms: number): void {
    this.now += ms
    const due = this.#waiting.filter((one) => one.at <= this.now)
    this.#waiting = this.#waiting.filter((one) => one.at > this.now)
    for (const one of due) one.run()
  }
  get waiting(): number {
    return this.#waiting.length
  }
}

export const theSecret = 'sk-the-operators-own-key'

export type Stage = {
  readonly gateway: Gateway
  readonly caller: FakeCaller
  readonly upstream: FakeUpstream
  readonly ledger: FakeLedger
  readonly timers: HandTimers
}

export type Asked = {
  readonly contract?: ContractId
  readonly body?: object | string
  readonly headers?: Record<string, string>
  readonly directory?: Directory
  readonly present?: boolean
  /** What the caller's key is limited to. */
  readonly grant?: CallGrant
  readonly secrets?: Partial<GatewayDeps['secrets']>
  /** Hears what the log is told of failures. */
  readonly onError?: (message: string) => void
}

/** One call, dispatched and waiting for the ledger's first word. */
export function stage(asked: Asked = {}): Stage {
  const contract = asked.contract ?? 'openai-chat'
  const path = contract === 'openai-chat' ? '/v1/chat/completions' : '/v1/messages'
  const usual =
    contract === 'openai-chat'
      ? { model: 'chat', messages: [{ role: 'user', content: 'twelve bytes' }] }
      : { model: 'messages', max_tokens: 9, messages: [{ role: 'user', content: 'twelve bytes' }] }
  const caller = new FakeCaller(typeof asked.body === 'string' ? asked.body : { ...usual, ...asked.body }, path, asked.headers)
  const upstream = new FakeUpstream()
  const ledger = new FakeLedger()
  const timers = new HandTimers()
  const gateway = createGateway({
    directory: () => asked.directory ?? plainDirectory,
    ledger,
    upstream,
    presenceOf: () => ({ presence: asked.present === false ? 'absent' : 'present', reason: null }),
    secrets: {
      secretOf: (_reference, origin) => new Secret(theSecret, origin),
      warm: () => undefined,
      reload: () => null,
      ...asked.secrets,
    },
    clock: { now: () => 1_000 + timers.now, monotonic: () => timers.now },
    timers,
    random: { bytes: (count) => new Uint8Array(count) },
    log: { warn() {}, error: (_fields, message) => asked.onError?.(message) },
  })
  gateway.dispatch({
    exchange: caller,
    requestId: 'call-1',
    caller: { tenantId: 'default', keyId: 'key-1', grant: asked.grant ?? null },
    contract,
    endpoint: 'generate',
  })
  return { gateway, caller, upstream, ledger, timers }
}

/** The same, with the intent committed and durable: the upstream has the request. */
export function sent(asked: Asked = {}): Stage {
  const all = stage(asked)
  all.ledger.admit()
  return all
}

/** The failed attempt is settled, the wait is over, and the next attempt is sent. */
export function again({ ledger, timers }: Stage): void {
  ledger.settled()
  timers.pass(60_000)
  ledger.admit()
}

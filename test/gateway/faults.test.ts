/** Whatever happens in whatever order: every attempt is settled once, nobody is asked too often, and nobody is told a broken answer is whole. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { connectionRow, directoryOf, profileRow, providerRow, routeRow, type Stage, stage } from '../support/gateway.ts'
import { chatFrames, chatReply } from './answers.ts'

const providers = ['one', 'two', 'three'].map((name) =>
  providerRow({ name, contract: name === 'two' ? 'anthropic-messages' : 'openai-chat' }),
)
const profiles = providers.map(({ id, name }) => profileRow({ name: `at-${name}`, provider_id: id }))
const directory = directoryOf({
  providers,
  connections: providers.map(({ id, name }) => connectionRow({ name, provider_id: id })),
  profiles,
  routes: [routeRow({ name: 'way', profiles })],
})

/** What the upstream may do; it does nothing once its exchange is over, as the port promises. */
class Upstream {
  readonly #stage: Stage
  #begun = 0
  #over = 0
  constructor(on: Stage) {
    this.#stage = on
  }
  get #open(): boolean {
    return this.#stage.upstream.requests.length > this.#over && !this.#stage.upstream.aborted
  }
  #last(run: () => void): void {
    if (!this.#open) return
    this.#over = this.#stage.upstream.requests.length
    run()
  }
  answer(status: number, wait: boolean): void {
    if (this.#begun === this.#stage.upstream.requests.length) return
    this.#last(() =>
      this.#stage.upstream.answer(status, status === 200 ? chatReply : { error: { message: 'no' } }, wait ? { 'retry-after': '3' } : {}),
    )
  }
  fail(sent: boolean): void {
    this.#last(() => this.#stage.upstream.fail({ reason: sent ? 'reset' : 'connect', sent }))
  }
  end(): void {
    if (this.#begun === this.#stage.upstream.requests.length) this.#last(() => this.#stage.upstream.sink.onEnd())
  }
  say(frame: string): void {
    if (!this.#open) return
    const { upstream } = this.#stage
    if (this.#begun < upstream.requests.length) upstream.stream(frame)
    else upstream.say(frame)
    this.#begun = upstream.requests.length
  }
}

const broken = new Error('the ledger failed')
const deeds = {
  commit: ({ ledger }: Stage) => ledger.committed(),
  keep: ({ ledger }: Stage) => ledger.durable(),
  settle: ({ ledger }: Stage) => ledger.settled(),
  refuse: ({ ledger }: Stage) => {
    const { committed, durable } = ledger
    committed(broken)
    durable(broken)
  },
  lose: ({ ledger }: Stage) => ledger.durable(broken),
  misplace: ({ ledger }: Stage) => ledger.settled(broken),
  wait: ({ timers }: Stage) => timers.pass(2_500),
  waitLong: ({ timers }: Stage) => timers.pass(30_000),
  leave: ({ caller }: Stage) => caller.leave(),
  stop: ({ gateway }: Stage) => gateway.stopAll(),
  busy: (_: Stage, upstream: Upstream) => upstream.answer(503, false),
  limited: (_: Stage, upstream: Upstream) => upstream.answer(429, true),
  fault: (_: Stage, upstream: Upstream) => upstream.answer(500, false),
  refused: (_: Stage, upstream: Upstream) => upstream.answer(400, false),
  whole: (_: Stage, upstream: Upstream) => upstream.answer(200, false),
  unreached: (_: Stage, upstream: Upstream) => upstream.fail(false),
  cut: (_: Stage, upstream: Upstream) => upstream.fail(true),
  comment: (_: Stage, upstream: Upstream) => upstream.say(': waiting\n\n'),
  word: (_: Stage, upstream: Upstream) => upstream.say(chatFrames.word),
  error: (_: Stage, upstream: Upstream) => upstream.say(chatFrames.error),
  done: (_: Stage, upstream: Upstream) => upstream.say(chatFrames.stop + chatFrames.usage + chatFrames.done),
  end: (_: Stage, upstream: Upstream) => upstream.end(),
} as const
type Deed = keyof typeof deeds
/** A ledger answers in its order: committed before durable, durable before settled. */
const early: readonly Deed[] = ['commit', 'keep', 'commit', 'keep', 'commit', 'settle', 'settle', 'wait', 'wait', 'waitLong']

test('two thousand ways in which a call can go', () => {
  const names = Object.keys(deeds) as Deed[]
  const script = fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...early) }, { weight: 2, arbitrary: fc.constantFrom(...names) }),
    {
      minLength: 4,
      maxLength: 30,
    },
  )
  let retried = 0
  fc.assert(
    fc.property(script, fc.boolean(), fc.constantFrom('way', 'at-one', 'at-two'), (steps, stream, model) => {
      const call = stage({ directory, body: { model, stream } })
      const upstream = new Upstream(call)
      let requestsAtHead = Number.POSITIVE_INFINITY
      const run = (deed: Deed): void => {
        deeds[deed](call, upstream)
        if (call.caller.status !== 0) requestsAtHead = Math.min(requestsAtHead, call.upstream.requests.length)
      }
      for (const deed of steps) run(deed)
      for (let left = 8; left > 0; left -= 1)
        for (const deed of ['commit', 'keep', 'unreached', 'cut', 'settle', 'waitLong'] as const) run(deed)

      const { caller, ledger, gateway, timers } = call
      const asked = call.upstream.requests.length
      if (asked > 1) retried += 1
      assert.equal(gateway.active(), 0, 'the call is over')
      assert.equal(timers.waiting, 0, 'no timer is left')
      assert.ok(asked <= 3 && asked <= ledger.attempts.length, 'three attempts at most, each with an intent')
      assert.ok(asked <= requestsAtHead, 'nobody is asked again once the caller has seen something')
      const settled = new Map(ledger.settlements.map((settlement) => [settlement.attemptId, settlement]))
      for (const [id, settlement] of settled)
        for (const same of ledger.settlements.filter(({ attemptId }) => attemptId === id))
          assert.deepEqual(same, settlement, 'one settlement an attempt')
      assert.ok(asked <= settled.size, 'every attempt that was sent is settled')
      const last = ledger.settlements.at(-1)
      if (caller.end_ === 'clean' && caller.status === 200 && last?.outcome !== 'succeeded') assert.equal(last?.outcome, 'provider_error')
      if (caller.text.includes('[DONE]')) assert.equal(last?.outcome, 'succeeded', 'the end is told of a whole answer only')
    }),
    { numRuns: 2_000 },
  )
  assert.ok(retried > 100, `${retried} calls were tried again`)
})

/** Purser's inference port with books that forget: what the relay costs, and so what the ledger does. Takes the flags of `purser serve`. */

import { parseArgs } from 'node:util'
import { homeOf } from '../src/control/home/home.ts'
import { uuidMaker } from '../src/core/ids.ts'
import { systemClock, systemRandom, systemTimers } from '../src/core/system.ts'
import { createGateway } from '../src/gateway/gateway.ts'
import { callerByKey } from '../src/http/grants.ts'
import { hostsOf } from '../src/http/guard.ts'
import { createInferenceServer } from '../src/http/inference-listener.ts'
import { createAuthenticator } from '../src/http/keys.ts'
import { listen } from '../src/http/listen.ts'
import type { Ledger } from '../src/ledger/ledger.ts'
import { createEgress } from '../src/net/egress.ts'
import { openHome } from '../src/opening.ts'
import { readDirectory } from '../src/routing/directory.ts'

const { values: flags } = parseArgs({ options: { port: { type: 'string', default: '0' }, 'admin-port': { type: 'string' } } })
const host = '127.0.0.1'
const directoryOfHome = process.env.PURSER_HOME ?? '.purser'

/** Answers in a later turn, as the books do. */
const forget = (committed: () => void, durable: () => void): void =>
  queueMicrotask(() => {
    committed()
    durable()
  })
const forgetful: Ledger = {
  intend: (_call, _attempt, committed, durable) => forget(committed, durable),
  follow: (_ended, _call, _next, committed, durable) => forget(committed, durable),
  settle: (_settlement, done) => queueMicrotask(done),
}

const home = homeOf(directoryOfHome, {}, directoryOfHome)
const { store, pepper } = await openHome({ home, database: home.database })
const directory = await readDirectory(store.read)
await store.close()

const log = { warn: () => undefined, error: (fields: object, message: string) => console.error(message, fields) }
const upstream = createEgress({ clock: systemClock, timers: systemTimers })
const gateway = createGateway({
  directory: () => directory,
  ledger: forgetful,
  upstream,
  presenceOf: () => 'absent',
  secrets: {
    secretOf: () => {
      throw new Error('The providers of the bench have no secrets.')
    },
    warm: () => undefined,
    reload: () => null,
  },
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  log,
})
const authenticator = createAuthenticator((id) => directory.keys.get(id), pepper, systemClock)
let hosts: ReadonlySet<string> = new Set()
const { server } = createInferenceServer({
  gateway,
  callerOf: callerByKey(authenticator),
  edge: () => ({ hosts, origins: new Set() }),
  nextId: uuidMaker(systemClock, systemRandom),
  adminUrl: () => '',
  log,
})
const port = await listen(server, { host, port: Number(flags.port), asked: true, flag: '--port' })
hosts = hostsOf(host, port)
process.once('SIGTERM', async () => {
  server.close()
  server.closeAllConnections()
  await upstream.close()
})

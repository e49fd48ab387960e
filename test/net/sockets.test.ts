/** Nothing but the connector opens a connection to a provider: every module and every global that could is named here, with who may use it and for what. */

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** Modules that open no connection. One that is in neither table has to be looked at first. */
const harmless: ReadonlySet<string> = new Set([
  ...['node:buffer', 'node:crypto', 'node:fs', 'node:fs/promises', 'node:os', 'node:path', 'node:perf_hooks', 'node:sqlite', 'node:stream'],
  ...['node:stream/consumers', 'node:timers/promises', 'node:url', 'node:util', 'node:worker_threads', 'node:zlib'],
  ...['@bomb.sh/tab', '@clack/prompts', 'commander', 'hono', 'kysely', 'pino', 'smol-toml', 'zod'],
])

type Uses = Readonly<Record<string, string>>

/** What can open or accept a connection, by the files that may use it and what they do with it. */
const guarded: Readonly<Record<string, Uses>> = {
  'node:net': {
    'net/connector.ts': 'the one connector',
    'http/sockets.ts': 'stops a listener of ours; opens nothing',
  },
  'node:tls': { 'net/connector.ts': 'the one connector' },
  'node:dns': { 'net/connector.ts': 'the one connector: what a name resolves to is judged there' },
  'undici/lib/dispatcher/pool.js': { 'net/egress.ts': 'pools of sockets that the connector opened' },
  'core/node-http.ts': {
    'http/inference-listener.ts': 'listens for callers',
    'http/admin-listener.ts': 'listens for operators',
    'simulated/server.ts': 'the provider inside this process listens for it',
  },
  '@hono/node-server': { 'http/admin.ts': 'writes answers to requests that came in' },
  pg: { 'store/postgres-connection.ts': "the operator's database" },
  'node:child_process': { 'net/secret-command.ts': 'runs what the operator has configured to tell a secret' },
  getBuiltinModule: { 'core/node-http.ts': 'takes `createServer` of node:http, and no client' },
  fetch: {
    'cli/remote.ts': 'a command asks the admin API of its own server',
    'cli/serving.ts': 'a command asks the inference port of its own server',
    'cli/init/standing.ts': 'a command looks which servers answer on this machine',
  },
}

/** Globals, and the ways round an import. */
const globals =
  /(?<![.\w\-'"/])(fetch|WebSocket|EventSource|XMLHttpRequest|createRequire|getBuiltinModule)(?![\w\-'"]|\s*:)|\.(getBuiltinModule)\(|process\.(binding)\(|globalThis\.(fetch|WebSocket)/g
const statements = /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g
const asked = /\b(?:import|require)\s*\(\s*(?:['"]([^'"]+)['"])?/g

/** What a file uses that is not known to be harmless: modules, by a value of theirs, and globals. */
function usesOf(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, '')
  const modules = [
    ...[...code.matchAll(statements)].filter(([, type]) => type === undefined).map((found) => found[2] ?? found[3]!),
    ...[...code.matchAll(asked)].map(([, name]) => name ?? 'a module that is named while it runs'),
  ]
  const named = modules.map((name) =>
    name.startsWith('.') ? name.replace(/^.*\/(?=core\/node-http\.ts$)/, '') : name.replace(/^(net|tls|http)$/, 'node:$1'),
  )
  const found = [...code.matchAll(globals)].map(([, ...ways]) => ways.find((name) => name !== undefined)!)
  return [...named.filter((name) => !name.startsWith('.') && !harmless.has(name)), ...found]
}

function strangers(path: string, text: string): readonly string[] {
  return usesOf(text).filter((name) => guarded[name]?.[path] === undefined)
}

const files = globSync('src/**/*.ts', { exclude: ['src/**/*.d.ts'] }).map((file) => file.replaceAll('\\', '/').slice('src/'.length))

test('connections are opened in the connector alone, and accepted where listeners stand', () => {
  assert.ok(files.length > 100)
  for (const path of files)
    assert.deepEqual(strangers(path, readFileSync(`src/${path}`, 'utf8')), [], `src/${path}: go through src/net/egress.ts`)
})

test('what is allowed is used: no line of the table outlives its file', () => {
  for (const [name, uses] of Object.entries(guarded))
    for (const path of Object.keys(uses)) assert.ok(usesOf(readFileSync(`src/${path}`, 'utf8')).includes(name), `${path} ${name}`)
})

test('a way round the connector is seen, however it is written', () => {
  const plants = [
    "import { connect } from 'node:net'",
    "import {\n  type Socket,\n  connect,\n} from 'net'",
    "import * as tls from 'node:tls'",
    "import https from 'node:https'",
    "import 'node:http2'",
    "export { request } from 'node:http'",
    "const { request } = await import('node:https')",
    "const net = require('net')",
    'const any = await import(name)',
    "import { Agent } from 'undici'",
    "import axios from 'axios'",
    "import { createServer } from '../core/node-http.ts'",
    "const answer = await fetch('https://models.example.com')",
    'const ask = options.fetch ?? fetch',
    'globalThis.fetch(url)',
    'new WebSocket(url)',
    "process.getBuiltinModule('node:net').connect(443)",
    "import { execFile } from 'node:child_process'",
  ]
  for (const plant of plants) assert.equal(strangers('gateway/planted.ts', `/** A file. */\n\n${plant}\n`).length, 1, plant)
  const innocent = [
    "import type { Socket } from 'node:net'",
    "import { join } from 'node:path'",
    '/* fetch( */',
    'context.fetch(request)',
    'fetch: null,',
    "x['sec-fetch-site']",
  ]
  for (const line of innocent) assert.deepEqual(strangers('gateway/planted.ts', line), [], line)
})

test('a secret is shown in the codecs alone, where it becomes a header', () => {
  for (const name of files) {
    if (name === 'core/secret.ts' || name.startsWith('contracts/')) continue
    assert.doesNotMatch(readFileSync(`src/${name}`, 'utf8'), /\.reveal\(/, `src/${name} reveals a secret`)
  }
})

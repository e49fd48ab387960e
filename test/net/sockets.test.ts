import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const source = join(dirname(fileURLToPath(import.meta.url)), '../../src')

/** What can open or accept a connection, and the only places that may use it. A folder ends in a slash. */
const allowed: readonly { readonly means: string; readonly pattern: RegExp; readonly places: readonly string[] }[] = [
  { means: 'undici', pattern: /from 'undici['/]/, places: ['net/egress.ts', 'net/sending.ts', 'net/connector.ts', 'net/undici-pool.d.ts'] },
  {
    means: 'node:net',
    pattern: /^import (?!type)[^\n]*'(?:node:)?net'|require\('(?:node:)?net'\)/m,
    places: ['net/connector.ts', 'http/sockets.ts'],
  },
  { means: 'node:tls', pattern: /from '(?:node:)?tls'/, places: ['net/connector.ts'] },
  { means: 'node:dns', pattern: /from '(?:node:)?dns(?:\/promises)?'/, places: ['net/connector.ts'] },
  {
    means: 'node:http',
    pattern: /^import (?!type)[^\n]*(?:'(?:node:)?http'|core\/node-http\.ts')/m,
    places: ['http/', 'simulated/server.ts', 'cli/', 'server.ts'],
  },
  { means: 'process.getBuiltinModule', pattern: /getBuiltinModule/, places: ['core/node-http.ts'] },
  { means: 'node:https, node:http2, node:dgram, node:inspector', pattern: /from '(?:node:)?(?:https|http2|dgram|inspector)'/, places: [] },
  { means: 'fetch', pattern: /(?<![.\w])fetch\(|globalThis\.fetch/, places: ['cli/'] },
  { means: 'WebSocket, EventSource', pattern: /new (?:WebSocket|EventSource)\b/, places: [] },
]

test('sockets are opened in the connector alone, and accepted in the web face and the simulated provider alone', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  assert.ok(files.length > 10)
  for (const name of files.map((file) => file.replaceAll('\\', '/'))) {
    const text = readFileSync(join(source, name), 'utf8')
    for (const { means, pattern, places } of allowed) {
      if (places.some((place) => (place.endsWith('/') ? name.startsWith(place) : name === place))) continue
      assert.doesNotMatch(text, pattern, `src/${name} uses ${means}: go through src/net/egress.ts`)
    }
  }
})

test('a secret is shown in the codecs alone, where it becomes a header', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  for (const name of files.map((file) => file.replaceAll('\\', '/'))) {
    if (name === 'core/secret.ts' || name.startsWith('contracts/')) continue
    assert.doesNotMatch(readFileSync(join(source, name), 'utf8'), /\.reveal\(/, `src/${name} reveals a secret`)
  }
})

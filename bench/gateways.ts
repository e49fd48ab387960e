/** What stands between the generator and the upstream: nothing, nginx as the yardstick, Purser, and peers on request. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installed } from './build.ts'
import { bearer, type Gateway, type Place, sameModel, upstreamKey } from './gateway.ts'
import { portkey } from './peers.ts'
import { freePort } from './processes.ts'
import { prepareHome } from './purser.ts'

const kinds: Readonly<Record<string, (place: Place) => Promise<Gateway | string>>> = {
  direct,
  nginx,
  purser: (place) => purser(place, 'purser', 21_820, ['src/cli/main.ts', 'serve'], true),
  'purser-no-ledger': (place) => purser(place, 'purser-no-ledger', 21_830, ['bench/no-ledger.ts'], false),
  portkey,
}

export const usualGateways = ['direct', 'nginx', 'purser', 'purser-no-ledger']
export const knownGateways = Object.keys(kinds)

/** A gateway of this name, ready to start in a directory of its own, or a sentence that says why this machine has none. */
export async function prepareGateway(name: string, place: Place): Promise<Gateway | string> {
  const directory = `${place.directory}/${name}`
  mkdirSync(directory)
  return kinds[name]!({ ...place, directory })
}

async function direct(place: Place): Promise<Gateway> {
  return { name: 'direct', port: place.upstreamPort, program: null, callers: [bearer(upstreamKey)], model: sameModel }
}

async function nginx(place: Place): Promise<Gateway | string> {
  if (!installed('nginx', '-v')) return 'nginx is not installed (apt-get install nginx-light).'
  const port = await freePort(21_810)
  const configuration = `${place.directory}/nginx.conf`
  writeFileSync(configuration, nginxConfiguration(place, port))
  return {
    name: 'nginx',
    port,
    program: { command: ['nginx', '-e', 'stderr', '-p', place.directory, '-c', configuration], port },
    callers: [bearer('sk-caller-0123456789abcdef')],
    model: sameModel,
  }
}

/** A plain reverse proxy at its best: one worker, kept connections both ways, no access log, bodies in memory, a credential put in. */
function nginxConfiguration(place: Place, port: number): string {
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${place.directory}/${kind};`)
  return `daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${place.directory}/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log off;
  ${scratch.join(' ')}
  client_max_body_size 16m;
  client_body_buffer_size 1m;
  keepalive_requests 1000000000;
  upstream model { server 127.0.0.1:${place.upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer ${upstreamKey}";
      proxy_read_timeout 600s;
    }
  }
}
`
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** Started with the V8 flags and the compile cache of `bin/purser.js`. The entry is `serve`, or another script that understands the same flags. */
async function purser(
  place: Place,
  name: string,
  firstPort: number,
  entry: readonly string[],
  keepsBooks: boolean,
): Promise<Gateway | string> {
  if (!existsSync(`${root}${entry[0]}`)) return `there is no ${entry[0]}.`
  const home = await prepareHome(place)
  const port = await freePort(firstPort)
  const adminPort = await freePort(port + 1)
  const [script, ...words] = entry
  const flags = ['--disallow-code-generation-from-strings', '--disable-proto=delete', '--max-semi-space-size=4', '--no-parallel-scavenge']
  return {
    name,
    port,
    program: {
      command: [process.execPath, ...flags, `${root}${script}`, ...words, '--port', `${port}`, '--admin-port', `${adminPort}`],
      port,
      environment: { PURSER_HOME: place.directory, NODE_COMPILE_CACHE: `${place.directory}/compiled`, NODE_ENV: 'production' },
    },
    callers: home.callKeys.map(bearer),
    books: keepsBooks ? { database: home.database, adminPort, adminToken: home.adminToken } : null,
    model: (contract, model) => `${home.providers[contract]}/${model}`,
  }
}

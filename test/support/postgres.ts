/** A real PostgreSQL for tests: the server named by PURSER_TEST_POSTGRES, else a cluster of this process's own in a private folder. */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let running: Promise<string> | undefined

/** The URL of the server, started at the first call and stopped when this process exits. */
export function postgresServer(): Promise<string> {
  running ??= (async () => process.env.PURSER_TEST_POSTGRES ?? startPostgres().url)()
  return running
}

/** The reason to skip, or undefined where there is a server. Throws where PURSER_TEST_REQUIRE names `postgres` and there is none. */
export function whyNoPostgres(): string | undefined {
  if (process.env.PURSER_TEST_POSTGRES !== undefined || binaries() !== undefined) return undefined
  if ((process.env.PURSER_TEST_REQUIRE ?? '').split(',').includes('postgres'))
    throw new Error(`PURSER_TEST_REQUIRE asks for postgres. ${nowhere}`)
  return nowhere
}

const nowhere = 'No PostgreSQL server was found (Debian: apt-get install postgresql).'

/** Starts a cluster. `stop` may be called early; the end of this process, a kill included, stops it in any case. A runner can start one for all its test files. */
export function startPostgres(): { readonly url: string; stop(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'purser-postgres-'))
  const owner = clusterOwner()
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid)
  const bin = binaries()
  if (bin === undefined) throw new Error(nowhere)
  const run = (command: string, ...args: string[]) =>
    spawnSync(join(bin, command), args, {
      ...owner,
      cwd: folder,
      env: { LC_ALL: 'C', PATH: process.env.PATH },
      stdio: 'ignore',
      timeout: 60_000,
    }).status === 0

  // This shell waits on a pipe that closes when this process ends, in whatever way.
  const guard = spawn('sh', ['-c', 'read -r _; "$1/pg_ctl" -D "$2/data" -m immediate stop; rm -rf "$2"', 'sh', bin, folder], {
    ...owner,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  const pipe = guard.stdin as typeof guard.stdin & { unref(): void }
  pipe.unref()
  const stop = () => void pipe.end()

  if (!run('initdb', '-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync')) {
    throw new Error('initdb of the test cluster failed.')
  }
  for (let attempt = 0; attempt < 20; attempt++) {
    // Below the ephemeral range, so that no outgoing connection can hold the port.
    const port = 20_000 + ((process.pid * 7 + attempt * 613) % 12_000)
    const options = `-p ${port} -h 127.0.0.1 -k ${folder} -c max_connections=60 -c shared_buffers=32MB`
    if (run('pg_ctl', '-D', join(folder, 'data'), '-w', '-l', join(folder, 'log'), '-o', options, 'start')) {
      return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop }
    }
  }
  throw new Error('The test cluster found no free port.')
}

function binaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const places = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')]
  return places.find((place) => place !== '' && ['initdb', 'pg_ctl', 'postgres'].every((name) => existsSync(join(place, name))))
}

/** PostgreSQL refuses to run as root: then the user `postgres` runs it. */
function clusterOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** The writer and a real disk: how often it syncs, and what it says when there is no room left. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

const child = join(import.meta.dirname, 'writer-child.ts')

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'purser-disk-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('before every durable answer the log has been synced once, and for a committed one not at all', (t) => {
  const folder = folderOf(t)
  const trace = join(folder, 'trace')
  const probe = spawnSync('strace', ['-f', '-qq', '-o', trace, '-e', 'trace=fsync', 'true'])
  if (probe.status !== 0) return t.skip('strace is not there or may not trace here.')
  const traced = ['-f', '-y', '-qq', '-o', trace, '-e', 'trace=fsync,fdatasync,write', process.execPath, child, 'inTurn', folder, '10']
  const run = spawnSync('strace', traced, { encoding: 'utf8', timeout: 60_000 })
  assert.equal(run.status, 0, run.stderr)
  const lines = readFileSync(trace, 'utf8').split('\n')
  const syncs: number[] = []
  for (const line of lines) {
    if (line.includes('write(1') && line.includes('"answer')) syncs.push(0)
    if (syncs.length > 0 && /sync(\(\d+<.*-wal>| resumed>)\) += 0/.test(line)) syncs[syncs.length - 1]! += 1
  }
  // A new log has a sync for its header before the first answer, and what follows the last one is the store's closing.
  assert.deepEqual(syncs.slice(1, -1), Array(19).fill(1))
})

test('on a full disk nothing is answered as done that is not there, and writing goes on once there is room', (t) => {
  const folder = folderOf(t)
  const probe = spawnSync('unshare', ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs "$1"', 'sh', folder])
  if (probe.status !== 0) return t.skip('A disk of its own can not be mounted here (unshare -Urm).')
  const run = spawnSync(
    'unshare',
    ['-Urm', 'sh', '-c', 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" "$3" untilFull "$1"', 'sh', folder, process.execPath, child],
    { encoding: 'utf8', timeout: 60_000 },
  )
  assert.equal(run.status, 0, run.stdout + run.stderr)
  const { answered, ...outcome } = JSON.parse(run.stdout) as { answered: number }
  assert.ok(answered > 8, `only ${answered} calls before the disk was full`)
  assert.deepEqual(outcome, { refusals: ['disk_full'], missing: { intents: [], settlements: [] }, extra: [], parked: 0 })
})

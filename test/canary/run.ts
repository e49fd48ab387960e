/** `node test/canary/run.ts [megabytes]`: drives a whole Purser until it has written that much, scans all of it for its secrets, and plants leaks that must be seen. */

import { drive } from './drive.ts'
import { sinkNames } from './sinks.ts'

const megabytes = Number(process.argv[2] ?? 200)
const cleanups: (() => unknown)[] = []
const outcome = await drive({ after: (run) => void cleanups.unshift(run) }, { bytes: megabytes * 1_000_000, fillBytes: 60_000 })
for (const run of cleanups) await run()

const clean = sinkNames.filter((sink) => outcome.found[sink].length === 0)
for (const sink of sinkNames) {
  const hits = outcome.found[sink].map(({ secret, spelling, at }) => `${secret} (${spelling}) at ${at}`)
  console.log(
    `${sink.padEnd(10)} ${String(outcome.bytes[sink]).padStart(12)} bytes  ${hits.length === 0 ? 'clean' : hits.slice(0, 5).join(', ')}`,
  )
}
const total = sinkNames.reduce((sum, sink) => sum + outcome.bytes[sink], 0)
console.log(`${'total'.padEnd(10)} ${String(total).padStart(12)} bytes; ${outcome.keysReached} keys reached the provider`)
for (const miss of outcome.missed) console.log(`not seen: ${miss}`)
const failed = sinkNames.length - clean.length + outcome.missed.length + (outcome.keysReached < 4 ? 1 : 0)
console.log(`${clean.length + outcome.plants - outcome.missed.length} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

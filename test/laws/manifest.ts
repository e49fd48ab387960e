/** The laws of the manifest's merge over as many generated histories as are asked for: `node test/laws/manifest.ts 10000`. */

import { laws } from './manifest-laws.ts'

const runs = Number(process.argv[2] ?? 10_000)
for (const [law, check] of Object.entries(laws)) {
  const started = performance.now()
  check(runs)
  console.log(`${runs} histories, ${((performance.now() - started) / 1000).toFixed(1)} s: ${law}`)
}

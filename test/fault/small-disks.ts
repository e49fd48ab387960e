/** Disks that are full or cannot be written, as file systems in memory in a mount namespace of their own: no root, no traces. */

import { canRun, run, scriptIn } from './children.ts'
import type { Finding } from './disk-inside.ts'
import { rootWith } from './plants.ts'
import type { Suite } from './suites.ts'

export const fullDisk = onDisk('a disk that fills up under the server, and first starts on disks too small', ['full-disk', 'full-start'], {
  'errors-are-success': {},
})
export const readOnlyDisk = onDisk('a home that cannot be written, before and after the first start', ['read-only'], {})

function onDisk(summary: string, scenarios: readonly string[], plants: Suite['plants']): Suite {
  return {
    summary,
    options: {},
    plants,
    async skip() {
      if (process.platform !== 'linux') return 'mount namespaces exist on Linux only'
      const allowed = await canRun('unshare', '-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt')
      return allowed ? undefined : 'this system forbids mounts in a namespace of one’s own'
    },
    async run({ folder, plant, tally, print }) {
      const script = scriptIn(rootWith(plant, folder), 'disk-inside.ts')
      for (const scenario of scenarios) {
        const { code, out, err } = await run('unshare', ['-Urm', process.execPath, script, scenario, folder])
        if (code !== 0) throw new Error(`The run inside has failed: ${err}`)
        if (err !== '') print(`${scenario}: ${err.trim()}`)
        for (const { name, problems } of JSON.parse(out) as Finding[]) tally.check(name, problems)
      }
    },
  }
}

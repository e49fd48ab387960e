/** Compiles the generator and the upstream, since neither would be fast enough in JavaScript to be no limit to nginx. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

export type Tools = { readonly load: string; readonly upstream: string }

/** True where a program of that name can be started. */
export function installed(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore' }).error === undefined
}

export function build(): Tools {
  mkdirSync(`${here}build`, { recursive: true })
  return { load: compiled('load'), upstream: compiled('upstream') }
}

function compiled(name: string): string {
  const source = `${here}${name}.c`
  const program = `${here}build/${name}`
  const built = statSync(program, { throwIfNoEntry: false })
  if (built && built.mtimeMs > statSync(source).mtimeMs) return program
  const result = spawnSync('cc', ['-O2', '-o', program, source, '-lm'], { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`cc could not build ${source}: ${result.stderr}`)
  return program
}

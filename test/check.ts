/** The whole check, as `npm test` runs it: lint, types, dead code, documents, then the tests, whose closing lines come last. */

import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { startPostgres, whyNoPostgres } from './support/postgres.ts'

type Step = { readonly name: string; readonly command: readonly string[] }

const node = process.execPath
const steps: readonly Step[] = [
  { name: 'lint', command: [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  { name: 'types', command: [node, 'node_modules/typescript/bin/tsc', '-p', '.'] },
  { name: 'dead code', command: [node, 'node_modules/knip/bin/knip.js'] },
  { name: 'documents', command: [node, 'test/documents.ts'] },
  { name: 'tests', command: [node, '--test', '--test-concurrency=2', ...globSync('test/**/*.test.ts').sort()] },
]

const only = process.argv.slice(2)
const needsTests = only.length === 0 || only.includes('tests')
/** One cluster for all test files, in a schema of its own each. */
const postgres = needsTests && process.env.PURSER_TEST_POSTGRES === undefined && whyNoPostgres() === undefined ? startPostgres() : undefined
const environment = postgres ? { ...process.env, PURSER_TEST_POSTGRES: postgres.url } : process.env

for (const step of steps) {
  if (only.length > 0 && !only.includes(step.name)) continue
  process.stdout.write(`\n# ${step.name}\n`)
  const [file, ...args] = step.command
  const { status } = spawnSync(file!, args, { stdio: 'inherit', env: environment })
  if (status !== 0) {
    process.stderr.write(`\nThe check stopped at "${step.name}".\n`)
    process.exit(status ?? 1)
  }
}

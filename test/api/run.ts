/**
 * Asks a running server whatever its own API document allows, and much that it does not, once as each role and once without a key:
 * `node test/api/run.ts [--examples N] [--seed N] [--st PATH] [--database sqlite|postgres]`. Schemathesis makes the requests and holds the answers to the document.
 * What lies between it and the server sees that nobody gets further than his scopes go.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { postgresServer } from '../support/postgres.ts'
import { type Finding, openGate } from './gate.ts'
import { openHouse } from './house.ts'

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    st: { type: 'string', default: process.env.SCHEMATHESIS ?? 'st' },
    only: { type: 'string' },
    database: { type: 'string', default: 'sqlite' },
    verbose: { type: 'boolean', default: false },
  },
})

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'unsupported_method',
]

const folder = mkdtempSync(join(tmpdir(), 'purser-api-'))
const house = await openHouse(folder, values.database === 'postgres' ? await emptyPostgres() : undefined)
const longestLine = 300
let passed = 0
const findings: string[] = []
try {
  const document = join(folder, 'openapi.json')
  writeFileSync(document, JSON.stringify(house.document))
  for (const caller of house.callers.filter(({ name }) => values.only === undefined || name === values.only)) {
    const gate = await openGate(house.adminUrl, caller)
    const said = await ask(document, gate.url, caller.key)
    await gate.close()
    const own = gate.findings.length + said.failures
    passed += gate.cases - own
    findings.push(
      ...gate.findings.map((finding) => describe(caller.name, finding)),
      ...Array<string>(said.failures).fill(`${caller.name}: schema mismatch`),
    )
    process.stdout.write(
      `${caller.name.padEnd(9)} ${gate.cases} cases, ${said.failures} failures by Schemathesis, ${gate.findings.length} by the gate; ${gate.summary()}\n`,
    )
    if (said.failures > 0 || values.verbose) process.stdout.write(`${said.text}\n`)
  }
} finally {
  await house.close()
  rmSync(folder, { recursive: true, force: true })
}
for (const finding of new Set(findings)) process.stdout.write(`${finding}\n`)
for (const fault of house.faults) process.stdout.write(`fault: ${fault}\n`)
process.stdout.write(`${passed} passed, ${findings.length} failed\n`)
process.exitCode = findings.length + house.faults.length === 0 ? 0 : 1

/** A schema of its own in a cluster for tests, which goes with it. */
async function emptyPostgres(): Promise<string> {
  const server = await postgresServer()
  const schema = `api_${process.pid}`
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  await client.query(`CREATE SCHEMA ${schema}`)
  await client.end()
  return `${server}?options=${encodeURIComponent(`-c search_path=${schema}`)}`
}

function describe(role: string, { method, path, status, problem }: Finding): string {
  return `${role}: ${method} ${path.slice(0, longestLine)} answered ${status}: ${problem}`
}

/** One run of Schemathesis. It exits with 1 where a check failed, and with more where it could not run at all. */
async function ask(document: string, url: string, key: string | null): Promise<{ failures: number; text: string }> {
  const parameters = ['run', document, '--url', url, '--checks', checks.join(','), '--phases', 'examples,coverage,fuzzing']
  parameters.push('--max-examples', values.examples, '--seed', values.seed, '--continue-on-failure', '--no-shrink', '--no-color')
  parameters.push('--suppress-health-check', 'all', '--warnings', 'off', '--request-timeout', '30', '--generation-database', 'none')
  if (key !== null) parameters.push('--header', `Authorization: Bearer ${key}`)
  const child = spawn(values.st, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0 && code !== 1) throw new Error(`Schemathesis ended with ${code}:\n${text}`)
  const [, counted = '1'] = /(\d+) unique failures?/.exec(text) ?? []
  return { failures: code === 0 ? 0 : Number(counted), text: shortened(text) }
}

/** Made-up values may be very long. */
function shortened(text: string): string {
  return text
    .split('\n')
    .map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line))
    .join('\n')
}

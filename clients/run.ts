/** Runs the real SDKs against a Purser of its own and then reads the books: every call is there, once, with the usage the client saw and the right price. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareHome, startOn } from '../test/support/home.ts'

type Seen = { readonly name: string; readonly requestId?: string; readonly also?: string[]; readonly [field: string]: unknown }
type Settlement = {
  readonly outcome: string
  readonly usage_source: string
  readonly pricing_status: string
  readonly charged: string | null
  readonly usage: { segments: { meters: Record<string, string> }[] } | null
}
type CallRow = {
  readonly attempts: {
    readonly settlement: Settlement | null
    readonly charges: { readonly meter: string; readonly qty: string; readonly amount: string }[]
  }[]
}

const folder = import.meta.dirname
const clients = ['openai', 'anthropic'] as const
let passed = 0
let failed = 0

function casesOf(client: string): Promise<Seen[]> {
  const environment = {
    PATH: process.env.PATH,
    HOME: root,
    PURSER_URL: server.inferenceUrl,
    PURSER_API_KEY: callKey,
    NO_PROXY: '127.0.0.1,localhost',
  }
  const child = spawn(process.execPath, [join(folder, `${client}.mjs`)], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return new Promise((resolve) =>
    child.on('close', () =>
      resolve(
        text
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Seen),
      ),
    ),
  )
}

/** What each case must look like from outside, and in the books. */
const expectations: Readonly<Record<string, (seen: Seen, settlement: Settlement | null) => string | undefined>> = {
  plain: (seen, settled) => (typeof seen.text === 'string' && seen.text !== '' ? sameUsage(seen.usage, settled) : 'no text'),
  streamed: (seen, settled) => (seen.text === '' ? 'no text' : seen.usageFrames ? 'a usage frame that nobody asked for' : priced(settled)),
  streamedWithUsage: (seen, settled) => sameUsage(seen.usage, settled),
  tool: (seen, settled) => (String(seen.text).includes('two coins') ? priced(settled) : 'the tool loop did not end in its result'),
  error: (seen, settled) =>
    seen.status !== 422
      ? `status ${seen.status}`
      : settled?.outcome === 'provider_error' && settled.charged === '0'
        ? undefined
        : `settled as ${settled?.outcome}, ${settled?.charged}`,
  unknownModel: (seen) =>
    seen.status === 404 && String(seen.message).includes('simulated') ? undefined : `status ${seen.status}: ${seen.message}`,
  aborted: (_seen, settled) =>
    settled?.outcome === 'abandoned' && settled.charged !== null && settled.charged !== '0'
      ? undefined
      : `settled as ${settled?.outcome}, ${settled?.charged}`,
  models: (seen) => ((seen.names as string[]).some((name) => name.includes('simulated')) ? undefined : 'no model listed'),
}

async function judge(seen: Seen): Promise<void> {
  const problems: string[] = []
  const ids = [seen.requestId, ...(seen.also ?? [])].filter((id): id is string => typeof id === 'string')
  if (seen.crashed) problems.push(String(seen.crashed))
  let settlement: Settlement | null = null
  for (const id of ids) {
    const call = await settledCall(id)
    if (call.attempts.length !== 1) problems.push(`${call.attempts.length} attempts for ${id}`)
    const attempt = call.attempts[0]
    if (id === seen.requestId) settlement = attempt?.settlement ?? null
    if (!attempt?.settlement) problems.push(`no settlement for ${id}`)
    else if (attempt.settlement.charged !== null && sumOf(attempt.charges) !== picoOf(attempt.settlement.charged))
      problems.push(`the lines of ${id} do not sum to its charge`)
  }
  const needsRow = !['unknownModel', 'models'].includes(seen.name)
  if (needsRow && ids.length === 0) problems.push('no request id')
  const problem = expectations[seen.name]?.(seen, settlement)
  if (problem) problems.push(problem)
  if (problems.length === 0) passed += 1
  else failed += 1
  process.stdout.write(
    `  ${problems.length === 0 ? 'ok' : 'FAILED'} ${seen.name}${settlement ? ` ${settlement.outcome} ${settlement.usage_source} ${settlement.charged}` : ''}${problems.map((one) => `\n     ${one}`).join('')}\n`,
  )
}

/** An aborted call settles just after its client has gone: asked a few times. */
async function settledCall(id: string): Promise<CallRow> {
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`${server.adminUrl}/api/v1/calls/${id}`, { headers: { authorization: `Bearer ${adminToken}` } })
    const call = (await response.json()) as CallRow
    if (response.ok && (call.attempts.every((attempt) => attempt.settlement) || tries >= 50)) return call
    if (!response.ok && tries >= 50) return { attempts: [] }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function priced(settled: Settlement | null): string | undefined {
  return settled?.outcome === 'succeeded' &&
    settled.usage_source === 'provider_final' &&
    settled.pricing_status === 'priced' &&
    settled.charged !== '0'
    ? undefined
    : `settled as ${JSON.stringify(settled)}`
}

/** The simulated card: input 1.00, output 2.00 per 1M tokens, so a token costs 1 or 2 millionths. */
function sameUsage(usage: unknown, settled: Settlement | null): string | undefined {
  const seen = usage as { prompt_tokens?: number; completion_tokens?: number; input_tokens?: number; output_tokens?: number }
  const input = BigInt(seen?.prompt_tokens ?? seen?.input_tokens ?? -1)
  const output = BigInt(seen?.completion_tokens ?? seen?.output_tokens ?? -1)
  const meters = settled?.usage?.segments[0]?.meters ?? {}
  if (BigInt(meters.input_tokens ?? 0) !== input || BigInt(meters.output_tokens ?? 0) !== output)
    return `the client saw ${input} and ${output}, the books say ${JSON.stringify(meters)}`
  if (picoOf(settled?.charged ?? '0') !== (input + 2n * output) * 1_000_000n)
    return `charged ${settled?.charged} for ${input} and ${output}`
  return priced(settled)
}

function sumOf(charges: readonly { readonly amount: string }[]): bigint {
  return charges.reduce((sum, { amount }) => sum + picoOf(amount), 0n)
}

function picoOf(text: string): bigint {
  const [whole = '0', decimals = ''] = text.split('.')
  return BigInt(whole) * 10n ** 12n + BigInt(decimals.padEnd(12, '0'))
}

if (!existsSync(join(folder, 'node_modules'))) {
  const installed = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
  if (installed.status !== 0) process.exit(1)
}

const root = mkdtempSync(join(tmpdir(), 'purser-clients-'))
const { callKey, adminToken } = await prepareHome(root, { providers: [] })
const server = await startOn(root)
try {
  for (const client of clients) {
    process.stdout.write(`\n${client}\n`)
    for (const seen of await casesOf(client)) await judge(seen)
  }
} finally {
  await server.close(1_000)
  rmSync(root, { recursive: true, force: true })
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

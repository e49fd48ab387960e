/** Whether a case is as it must be: for the client that saw it, and in the books. */

import { type Books, picoOf, type Settlement, sumOf } from './books.ts'

/** A line of a client's own report. */
export type Seen = {
  readonly name: string
  readonly requestId?: string
  readonly also?: readonly string[]
  readonly [field: string]: unknown
}

export type Verdict = { readonly problems: readonly string[]; readonly settlement: Settlement | null }

const withoutRow = ['unknownModel', 'models']

export async function judge(seen: Seen, books: Books, relayed: boolean): Promise<Verdict> {
  const problems: string[] = seen.crashed ? [String(seen.crashed)] : []
  const ids = [seen.requestId, ...(seen.also ?? [])].filter((id): id is string => typeof id === 'string')
  let settlement: Settlement | null = null
  for (const id of ids) {
    const { attempts } = await books.call(id)
    if (attempts.length !== 1) problems.push(`${attempts.length} attempts for ${id}`)
    const attempt = attempts[0]
    if (id === seen.requestId) settlement = attempt?.settlement ?? null
    if (!attempt?.settlement) problems.push(`no settlement for ${id}`)
    else if (attempt.settlement.charged !== null && sumOf(attempt.charges) !== picoOf(attempt.settlement.charged))
      problems.push(`the lines of ${id} do not sum to its charge`)
  }
  if (ids.length === 0 && !withoutRow.includes(seen.name)) problems.push('no request id')
  const problem = expectations[seen.name]?.(seen, settlement, relayed)
  return { problems: problem ? [...problems, problem] : problems, settlement }
}

type Expectation = (seen: Seen, settlement: Settlement | null, relayed: boolean) => string | undefined

const expectations: Readonly<Record<string, Expectation>> = {
  plain: (seen, settled) => (typeof seen.text === 'string' && seen.text !== '' ? sameUsage(seen.usage, settled) : 'no text'),
  streamed(seen, settled) {
    if (!seen.text) return 'no text'
    return seen.usageFrames ? 'a usage frame that nobody asked for' : priced(settled)
  },
  streamedWithUsage: (seen, settled) => sameUsage(seen.usage, settled),
  tool: (seen, settled) => (String(seen.text).includes('two coins') ? priced(settled) : 'the tool loop did not end in its result'),
  /** A relay passes the provider's own 422; translated, it is the status of its kind. */
  error(seen, settled, relayed) {
    if (seen.status !== (relayed ? 422 : 400)) return `status ${seen.status}: ${seen.message}`
    return settled?.outcome === 'provider_error' && settled.charged === '0' ? undefined : asSettled(settled)
  },
  unknownModel(seen) {
    return seen.status === 404 && String(seen.message).includes('simulated') ? undefined : `status ${seen.status}: ${seen.message}`
  },
  aborted(_seen, settled) {
    return settled?.outcome === 'abandoned' && settled.charged !== null && settled.charged !== '0' ? undefined : asSettled(settled)
  },
  models: (seen) => ((seen.names as string[]).some((name) => name.includes('simulated')) ? undefined : 'no model listed'),
}

export function priced(settled: Settlement | null): string | undefined {
  const sound = settled?.outcome === 'succeeded' && settled.usage_source === 'provider_final' && settled.pricing_status === 'priced'
  return sound && settled.charged !== '0' ? undefined : asSettled(settled)
}

/** The simulated card: input 1.00, output 2.00 per 1M tokens, so a token costs 1 or 2 millionths. */
function sameUsage(usage: unknown, settled: Settlement | null): string | undefined {
  const seen = usage as Readonly<Record<string, number | undefined>> | undefined
  const input = BigInt(seen?.prompt_tokens ?? seen?.input_tokens ?? -1)
  const output = BigInt(seen?.completion_tokens ?? seen?.output_tokens ?? -1)
  const meters = settled?.usage?.segments[0]?.meters ?? {}
  if (BigInt(meters.input_tokens ?? 0) !== input || BigInt(meters.output_tokens ?? 0) !== output)
    return `the client saw ${input} and ${output}, the books say ${JSON.stringify(meters)}`
  if (picoOf(settled?.charged ?? '0') !== (input + 2n * output) * 1_000_000n)
    return `charged ${settled?.charged} for ${input} and ${output}`
  return priced(settled)
}

function asSettled(settled: Settlement | null): string {
  return `settled as ${settled?.outcome}, ${settled?.usage_source}, ${settled?.pricing_status}, ${settled?.charged}`
}

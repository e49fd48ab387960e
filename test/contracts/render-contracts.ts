/** `docs/contracts.md`: for each ordered pair of contracts, what passes, what is a warning, what is refused. Measured on the codecs, never typed. */

import { isDeepStrictEqual } from 'node:util'
import type { Codec } from '../../src/contracts/contract.ts'
import { contracts } from '../../src/contracts/index.ts'
import type { Warn, Warning } from '../../src/core/call.ts'
import { type ErrorKind, errorKinds, PurserError } from '../../src/core/errors.ts'
import { at, type Json, type JsonObject, parseJson } from '../../src/core/json.ts'
import { scan } from '../../src/core/scan.ts'
import { probes } from './probes/index.ts'
import type { Probe, Probes } from './probes/probe.ts'
import { bodyText, hearing } from './wires.ts'

export type Measured = {
  readonly name: string
  readonly result: 'passes' | 'here' | 'left out' | 'warning' | 'refused' | 'silent'
  readonly note: string
}

type Side = { readonly id: string; readonly codec: Codec; readonly probes: Probes }
type Outcome = { readonly sent: Json; readonly meant: unknown; readonly warnings: readonly Warning[] } | { readonly refused: PurserError }

const sides = contracts.map(({ id, codec }): Side => ({ id, codec: codec(), probes: probes[id]! }))

export function renderContracts(): string {
  const pairs = sides.flatMap((caller) => sides.filter((provider) => provider !== caller).map((provider) => [caller, provider] as const))
  return `${opening}\n${pairs.map(([caller, provider]) => renderPair(caller, provider)).join('\n')}\n${renderErrors()}`
}

const opening = `# Contracts

Written by \`npm run docs\`, by sending each field through the codecs as published (the dialect \`{}\`); do not edit it.

Where the caller and the provider speak **the same contract**, Purser relays: every field passes, known or not, and so does every byte of the answer. Only the model, the credential, a profile's missing parameters and what a provider's dialect renames are changed.

Where they speak **two contracts**, Purser translates. Then a field

- **passes**: it is said to the other side in its own words, with the change that is noted, if any;
- is answered **here**: Purser itself does what is asked;
- is **left out** without a word, where it means nothing to anybody else;
- is a **warning**: the other side has no word for it. The call goes on without it; the warning stands in the response header \`x-purser-warnings\` and in the ledger. Under a profile's \`strict\` a warning about a request is an error;
- is **refused**: the call would not be what was asked for. The error names the field.

A provider's dialect may allow more than its contract does.
`

function renderPair(caller: Side, provider: Side): string {
  const requests = caller.probes.requests.map((probe) => measureRequest(caller, provider, probe))
  const answers = provider.probes.answers.map((probe) => measureAnswer(caller, provider, probe))
  return `## From ${caller.id} to ${provider.id}

### What a caller may ask

${table(requests)}
### What a provider may answer

${table(answers)}`
}

/** All rows of all pairs, for the test that none of them is lost in silence. */
export function measureAll(): readonly (Measured & { readonly pair: string })[] {
  return sides.flatMap((caller) =>
    sides
      .filter((provider) => provider !== caller)
      .flatMap((provider) => {
        const pair = `${caller.id} to ${provider.id}`
        const rows = [
          ...caller.probes.requests.map((probe) => measureRequest(caller, provider, probe)),
          ...provider.probes.answers.map((probe) => measureAnswer(caller, provider, probe)),
        ]
        return rows.map((row) => ({ ...row, pair }))
      }),
  )
}

function measureRequest(caller: Side, provider: Side, probe: Probe): Measured {
  const { request, path } = caller.probes
  const translate = (body: JsonObject): Outcome => outcomeOf((warn) => translatedRequest(caller.codec, provider.codec, path, body, warn))
  return measured(probe, translate({ ...request, ...probe.beside }), translate({ ...request, ...probe.beside, ...probe.with }))
}

function translatedRequest(caller: Codec, provider: Codec, path: string, body: JsonObject, warn: Warn): { sent: Json; meant: unknown } {
  const bytes = Buffer.from(JSON.stringify(body))
  const call = caller.decodeRequest(
    { method: 'POST', path, query: new URLSearchParams(), headers: {}, body: bytes, scan: scan(bytes) },
    warn,
  )
  const sent = provider.encodeRequest(call, 'm', warn)
  return { sent: parseJson(bodyText(sent)) ?? null, meant: call }
}

function measureAnswer(caller: Side, provider: Side, probe: Probe): Measured {
  const translate = (body: JsonObject): Outcome =>
    outcomeOf((warn) => {
      const reply = provider.codec.decodeResponse(body, warn)
      return { sent: JSON.parse(JSON.stringify(caller.codec.encodeResponse(reply, warn))) as Json, meant: reply }
    })
  const { answer } = provider.probes
  return measured(probe, translate({ ...answer, ...probe.beside }), translate({ ...answer, ...probe.beside, ...probe.with }))
}

function outcomeOf(run: (warn: Warn) => { sent: Json; meant: unknown }): Outcome {
  try {
    const { value, warnings } = hearing(run)
    return { ...value, warnings }
  } catch (error) {
    if (error instanceof PurserError) return { refused: error }
    throw error
  }
}

/** What the field changed, beside the same body without it. */
function measured({ name, arrives = [], idle }: Probe, without: Outcome, given: Outcome): Measured {
  if ('refused' in without) throw new Error(`${name}: the body without it is refused: ${without.refused.message}`)
  if ('refused' in given) return { name, result: 'refused', note: given.refused.message }
  const told = given.warnings.filter((warning) => !without.warnings.some((one) => isDeepStrictEqual(one, warning)))
  const note = [...new Set(told.map(({ field, reason }) => `\`${field}\`: ${reason}`))].join('; ')
  if (told.length > 0) return { name, result: 'warning', note }
  const text = JSON.stringify(given.sent)
  if (arrives.some((said) => !text.includes(said))) return { name, result: 'silent', note: '' }
  if (!isDeepStrictEqual(given.sent, without.sent)) return { name, result: 'passes', note: '' }
  if (!isDeepStrictEqual(given.meant, without.meant)) return { name, result: 'here', note: '' }
  return { name, result: idle === undefined ? 'silent' : 'left out', note: idle ?? '' }
}

function table(rows: readonly Measured[]): string {
  const lines = rows.map(({ name, result, note }) => `| ${name} | ${result} | ${note.replaceAll('|', '\\|')} |\n`)
  return `| field | result | what is told |\n| --- | --- | --- |\n${lines.join('')}`
}

/** How each kind of error leaves, in each contract's words. */
function renderErrors(): string {
  const kinds = Object.keys(errorKinds) as ErrorKind[]
  const lines = kinds.map((kind) => {
    const cells = sides.map(({ codec }) => {
      const answer = codec.encodeError(new PurserError(kind, 'x'), 'r')
      const body = parseJson(Buffer.from(answer.body).toString())
      const words = ['error.type', 'error.code'].map((place) => at(body, place)).filter((found) => typeof found === 'string')
      return words.map((said) => `\`${said}\``).join(', ')
    })
    return `| \`${kind}\` | ${errorKinds[kind].status} | ${cells.join(' | ')} |\n`
  })
  return `## Errors

An error has the status of its kind, and leaves in the shape of the caller's contract, whoever the provider was.

| kind | status | ${sides.map(({ id }) => id).join(' | ')} |
| --- | --- |${' --- |'.repeat(sides.length)}
${lines.join('')}`
}

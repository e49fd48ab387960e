/** `purser try`: a real call through Purser. The answer comes to stdout as it is made, what it cost to stderr. */

import type { Command } from 'commander'
import { callsGet } from '../control/books/calls.ts'
import { PurserError } from '../core/errors.ts'
import { at, type Json, parseJson } from '../core/json.ts'
import { createFramer } from '../core/sse.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { commandOf } from './how-to-start.ts'
import { commonOptions } from './options.ts'
import { jsonText } from './output.ts'
import { failureOf, type Serving, withServing } from './serving.ts'
import type { Terminal } from './terminal.ts'

type Flags = { readonly maxTokens: string }

export function addTryCommand(program: Command, terminal: Terminal): void {
  program
    .command('try')
    .argument('<profile>', 'a profile, a route, or provider/model')
    .argument('[text]', 'what to ask', 'Say hello in one short sentence.')
    .option('--max-tokens <integer>', 'the cap of the output', '512')
    .description('make a real call through Purser, and say what it cost')
    .addHelpText('before', 'Example:\n  purser try simulated "How are you?"\n')
    .addHelpText('after', exitCodesHelp)
    .action(async (profile: string, text: string, flags: Flags, command: Command) => {
      const options = commonOptions(command, terminal)
      const body = { model: profile, max_tokens: capOf(flags.maxTokens), messages: [{ role: 'user', content: text }] }
      await withServing(options, terminal, async (serving) => {
        if (options.json) {
          const { answer, id } = await callOnce(serving, body)
          terminal.out(jsonText({ text: textOf(answer), call: await serving.ask('calls.get', { call: id }) }))
          return
        }
        const answer = await serving.chat({ ...body, stream: true })
        await stream(answer, serving, terminal)
        terminal.err(`${await costLine(serving, idOf(answer), commandOf(options))}\n`)
      })
    })
}

function capOf(typed: string): number {
  if (/^[1-9]\d{0,8}$/.test(typed)) return Number(typed)
  throw new PurserError('invalid_request', `--max-tokens must be a whole number above 0, and not "${typed}".`, { field: '--max-tokens' })
}

/** Prints what arrives, and throws the error that a stream may end with. */
async function stream(answer: Response, serving: Serving, terminal: Terminal): Promise<void> {
  const framer = createFramer()
  let last = '\n'
  const show = async (data: string): Promise<void> => {
    const event = parseJson(data)
    const message = at(event, 'error.message')
    if (typeof message === 'string') throw await failureOf(message, at(event, 'error.code'), 502, idOf(answer), serving.ask)
    const text = deltaOf(event)
    if (text === '') return
    terminal.out(text)
    last = text
  }
  try {
    for await (const chunk of answer.body ?? []) for (const frame of framer.push(chunk)) await show(frame.data)
    const rest = framer.end()
    if (rest !== null) await show(rest.data)
  } finally {
    if (!last.endsWith('\n')) terminal.out('\n')
  }
}

function deltaOf(event: Json | undefined): string {
  const choices = at(event, 'choices')
  const text = Array.isArray(choices) ? at(choices[0] as Json | undefined, 'delta.content') : undefined
  return typeof text === 'string' ? text : ''
}

/** A short call that is answered in one piece. */
export async function callOnce(serving: Serving, body: { readonly [key: string]: Json }): Promise<{ answer: Json; id: string }> {
  const answer = await serving.chat(body)
  return { answer: parseJson(await answer.text()) ?? null, id: idOf(answer) }
}

function textOf(answer: Json): Json {
  const choices = at(answer, 'choices')
  return (Array.isArray(choices) ? at(choices[0] as Json | undefined, 'message.content') : undefined) ?? null
}

function idOf(answer: Response): string {
  return answer.headers.get('x-request-id') ?? ''
}

/** Who answered, for how much, and where the sum is explained. */
export async function costLine(serving: Serving, id: string, command: string): Promise<string> {
  const call = callsGet.output.parse(await serving.ask('calls.get', { call: id }))
  const attempt = call.attempts.at(-1)
  const settlement = attempt?.settlement
  if (attempt === undefined || settlement === null || settlement === undefined) return `Not settled yet. See:  ${command} calls get ${id}`
  const cost =
    settlement.charged === null
      ? `no price is known for it (${settlement.pricing_status})`
      : `${settlement.charged} ${settlement.currency} (${settlement.pricing_status})`
  return `${attempt.provider_name} / ${attempt.model}: ${cost}, ${settlement.duration_ms} ms. Explain it:  ${command} explain call ${id}`
}

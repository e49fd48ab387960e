/** `purser init`: adopts what can be used at once, tests it with a call, and leaves a profile for each, a route and a key. A second run changes nothing. */

import type { Command } from 'commander'
import { callsGet } from '../../control/books/calls.ts'
import { PurserError } from '../../core/errors.ts'
import { at, type Json } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { exitCodesHelp } from '../exit-codes.ts'
import { failureLines } from '../failure.ts'
import { commandOf } from '../how-to-start.ts'
import { type CommonOptions, commonOptions } from '../options.ts'
import { jsonText } from '../output.ts'
import { type Serving, withServing } from '../serving.ts'
import type { Terminal } from '../terminal.ts'
import { callOnce } from '../try.ts'
import { type Found, findAdoptable, firstApp, type Plan, planInit } from './plan.ts'
import { localServers, readStanding } from './standing.ts'

type Flags = {
  readonly yes?: boolean
  readonly seal?: boolean
  readonly adopt?: readonly string[]
  readonly model?: readonly string[]
  readonly test: boolean
}

type Tested = { readonly profile: string; readonly cost: string | null; readonly error: readonly string[] | null }

export function addInitCommand(program: Command, terminal: Terminal): void {
  const several = (value: string, before: readonly string[] = []) => [...before, ...value.split(',')]
  program
    .command('init')
    .description('find keys, adopt them, test each with a tiny call, and make profiles, a route and a key')
    .option('--yes', 'adopt all that was found, without asking')
    .option('--adopt <connection>', 'adopt these alone', several)
    .option('--model <provider=model>', "the model of a provider's profile", several)
    .option('--seal', 'keep the keys encrypted in the database, instead of reading the environment at each start')
    .option('--no-test', 'make no calls')
    .addHelpText('before', 'Example:\n  purser init\n  purser init --yes --no-input --model openai=gpt-5-mini\n')
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: Flags, command: Command) => {
      const options = commonOptions(command, terminal)
      const models = readModels(flags.model ?? [])
      const first = await withServing(options, terminal, (serving) => adopt(serving, flags, models, options, terminal))
      const profiles = flags.test ? first.plan.steps.flatMap((step) => step.profile ?? []) : []
      const tests = profiles.length === 0 ? [] : await withServing(options, terminal, (serving) => testAll(serving, profiles, terminal))
      report({ ...first, tests }, options, terminal)
    })
}

type Adopted = { readonly found: readonly Found[]; readonly plan: Plan; readonly own: boolean; readonly key: string | null }

async function adopt(
  serving: Serving,
  flags: Flags,
  models: ReadonlyMap<string, string>,
  options: CommonOptions,
  terminal: Terminal,
): Promise<Adopted> {
  const variables = terminal.environment
  const standing = await readStanding(serving)
  const found = findAdoptable(standing, (name) => Boolean(variables[name]), await localServers(standing))
  const plan = planInit(standing, await choose(found, flags, options, terminal), models, flags.seal)
  let key: string | null = null
  for (const step of plan.steps) {
    const sealed = step.seals === undefined ? {} : { key: variables[step.seals] ?? '' }
    const answer = await serving.ask(step.operation, { ...step.input, ...sealed })
    if (step.operation === 'keys.create') key = String(at(answer, 'key'))
  }
  return { found, plan, own: serving.own, key }
}

async function choose(found: readonly Found[], flags: Flags, options: CommonOptions, terminal: Terminal): Promise<readonly Found[]> {
  if (flags.adopt !== undefined) return flags.adopt.map((name) => named(name, found))
  if (found.length === 0 || flags.yes) return found
  if (!options.mayAsk) {
    throw new PurserError(
      'invalid_request',
      `Found ${found.map((each) => each.seen).join(', ')}, and there is nobody to ask which to adopt.`,
      {
        field: '--yes',
        hint: 'Adopt all with --yes, or some with --adopt:  purser init --yes',
      },
    )
  }
  const choices = found.map(({ connection, seen, provider }) => ({ value: connection, label: provider, hint: seen }))
  const chosen = await terminal.prompts.choose('Found these. Which shall Purser use?', choices)
  return found.filter(({ connection }) => chosen.includes(connection))
}

function named(name: string, found: readonly Found[]): Found {
  const match = found.find(({ connection, provider }) => connection === name || provider === name)
  if (match !== undefined) return match
  const meant = nearest(
    name,
    found.map(({ connection }) => connection),
  )
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  throw new PurserError('not_found', `--adopt names "${name}", and no key or server was found for it.${guess}`, {
    field: '--adopt',
    hint: 'See which variable a connection reads:  purser connections list',
  })
}

function readModels(typed: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    typed.map((each) => {
      const equals = each.indexOf('=')
      if (equals > 0 && equals < each.length - 1) return [each.slice(0, equals), each.slice(equals + 1)] as const
      throw new PurserError('invalid_request', `--model takes provider=model, and not "${each}".`, { field: '--model' })
    }),
  )
}

/** One after the other, and a failure stops none of the others. */
async function testAll(serving: Serving, profiles: readonly string[], terminal: Terminal): Promise<readonly Tested[]> {
  const tests: Tested[] = []
  for (const profile of profiles) {
    terminal.err(`Testing ${profile} with a tiny call …\n`)
    try {
      const { id } = await callOnce(serving, { model: profile, max_tokens: 16, messages: [{ role: 'user', content: 'Say hi.' }] })
      const settlement = callsGet.output.parse(await serving.ask('calls.get', { call: id })).attempts.at(-1)?.settlement
      const cost = settlement?.charged ? `${settlement.charged} ${settlement.currency}` : 'no price is known'
      tests.push({ profile, cost, error: null })
    } catch (error) {
      tests.push({ profile, cost: null, error: failureLines(error) })
    }
  }
  return tests
}

function report(done: Adopted & { readonly tests: readonly Tested[] }, options: CommonOptions, terminal: Terminal): void {
  const { found, plan, key, tests } = done
  if (options.json) {
    const seen = found.map(({ connection, provider, seen: by }) => ({ connection, provider, seen: by }))
    terminal.out(
      jsonText({ found: seen, changed: plan.steps.map((step) => step.says), warnings: plan.warnings, tests, key } satisfies Json),
    )
    return
  }
  const lines = [
    ...(found.length === 0
      ? ['No provider key was found in the environment, and no model server on this machine. The simulated provider answers.']
      : ['Found:', ...found.map(({ provider, seen }) => `  ${provider.padEnd(12)} ${seen}`)]),
    ...(plan.steps.length === 0
      ? ['', 'Everything stands already: nothing was changed.']
      : ['', 'Made:', ...plan.steps.map((step) => `  ${step.says}`)]),
    ...(tests.length === 0 ? [] : ['', 'Tested:', ...tests.flatMap(testLines)]),
    ...(key === null ? [] : ['', `The key "${firstApp}", shown this once:`, `  ${key}`]),
    '',
    'Next:',
    ...nextCommands(done, options).map((command) => `  ${command}`),
  ]
  for (const warning of plan.warnings) terminal.err(`${terminal.paint('yellow', 'warning:')} ${warning}\n`)
  terminal.out(`${lines.join('\n')}\n`)
}

function testLines({ profile, cost, error }: Tested): readonly string[] {
  return error === null
    ? [`  ${profile.padEnd(12)} works, for ${cost}`]
    : error.map((line, place) => (place === 0 ? `  ${profile}: ${line}` : `    ${line}`))
}

function nextCommands({ plan, own }: Adopted, options: CommonOptions): readonly string[] {
  const profile = plan.steps.find((step) => step.profile !== undefined)?.profile ?? 'simulated'
  const command = commandOf(options)
  return [`${command} ${own ? 'serve' : 'status'}`, `${command} try ${profile} "Hello"`, `${command} calls list`]
}

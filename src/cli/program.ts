/** The command line: one command for each operation, and the few that are made by hand. */

import { Command, CommanderError } from 'commander'
import { doctor } from '../control/health/doctor.ts'
import { type Operation, reaches } from '../control/operation.ts'
import { operations } from '../control/operations.ts'
import { PurserError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import { nearest } from '../core/nearest.ts'
import { printAnswer } from './answer.ts'
import { addCompletionCommands } from './completion/commands.ts'
import { addConfigCommands } from './config.ts'
import { askConsent } from './consent.ts'
import { environmentNames, environmentWarnings } from './environment.ts'
import { execute } from './execute.ts'
import { type Ending, exitCodesHelp } from './exit-codes.ts'
import { printFailure } from './failure.ts'
import { addInitCommand } from './init/command.ts'
import { addMigrateCommands } from './migrate.ts'
import { operationCommand } from './operation-command.ts'
import { addCommonOptions, commonOptions } from './options.ts'
import { addPathsCommand } from './paths.ts'
import { probe } from './probe.ts'
import { withProgress } from './progress.ts'
import { addServeCommand } from './serve.ts'
import { addTailCommand } from './tail.ts'
import type { Terminal } from './terminal.ts'
import { addTryCommand } from './try.ts'
import { noCommand, usageError } from './usage-error.ts'

const nouns: Readonly<Record<string, { readonly summary: string; readonly alias?: string; readonly usual?: string }>> = {
  providers: { summary: 'who serves models' },
  connections: { summary: 'whose account pays a provider' },
  secrets: { summary: 'what proves who pays: where each is kept and where it may go' },
  profiles: { summary: 'the names callers send as model' },
  routes: { summary: 'names that stand for several profiles' },
  rates: { summary: 'what models cost, since when' },
  mode: { summary: 'who pays: the own account, or a platform' },
  backfill: { summary: 'moving in from the config.json of the old assistant' },
  keys: { summary: 'who may call and administer' },
  settings: { summary: 'what holds for the whole installation' },
  audit: { summary: 'who changed what, and when' },
  calls: { summary: 'what was asked, and what it cost', alias: 'requests' },
  usage: { summary: 'money and tokens, summed', usual: 'totals' },
  explain: { summary: 'where a name leads, and how a price came about' },
  manifest: { summary: 'what comes in the box, merged with what you changed' },
  migrations: { summary: 'the steps of the database schema' },
}

export function buildProgram(terminal: Terminal, ending: Ending, release: string): Command {
  const program = new Command('purser')
    .description('A gateway for LLM inference that keeps the books.')
    .version(release, '-V, --version', 'print the version')
  addCommonOptions(program)
  program.addHelpText('before', 'Examples:\n  purser serve\n  purser calls list\n  purser explain call <id>\n')
  program.addHelpText(
    'after',
    `\nEnvironment:\n${Object.entries(environmentNames)
      .map(([name, use]) => `  ${name.padEnd(24)} ${use}`)
      .join('\n')}\n${exitCodesHelp}`,
  )
  addInitCommand(program, terminal)
  addServeCommand(program, terminal, ending)
  addTryCommand(program, terminal)
  addPathsCommand(program, terminal)
  addConfigCommands(program, terminal)
  addCompletionCommands(program, terminal)
  addMigrateCommands(program, terminal, ending)
  addOperations(program, terminal, ending)
  addTailCommand(program, terminal, ending)
  for (const command of everyCommand(program)) {
    command.exitOverride((found) => {
      ending.failedAt = command
      throw found
    })
    command.configureHelp({ helpWidth: terminal.width, subcommandTerm: (each) => each.name() })
    command.configureOutput({ writeOut: terminal.out, writeErr: terminal.err, outputError: () => {} })
  }
  return program
}

function addOperations(program: Command, terminal: Terminal, ending: Ending): void {
  const groups = new Map<string, Command>()
  for (const operation of operations.filter((each) => reaches(each, 'cli'))) {
    const [noun, verb] = operation.name.split('.') as [string, string | undefined]
    const command = operationCommand(operation, (asked, input, leaf) => runOperation(asked, input, leaf, terminal, ending), terminal)
    if (operation === doctor)
      command.option('--probe', 'try each connection that can be used with one tiny call, which costs what it costs')
    if (verb === undefined) {
      program.addCommand(command)
      continue
    }
    let group = groups.get(noun)
    if (group === undefined) {
      const named = nouns[noun]
      group = new Command(noun).description(named?.summary ?? noun).addHelpText('after', exitCodesHelp)
      if (named?.alias !== undefined) group.alias(named.alias)
      groups.set(noun, group)
      program.addCommand(group)
    }
    const isDefault = nouns[noun]?.usual === verb
    if (isDefault) group.addHelpText('after', `\n"purser ${noun}" alone is "purser ${noun} ${verb}", and takes its options.`)
    group.addCommand(command, { isDefault })
  }
}

async function runOperation(operation: Operation, input: JsonObject, leaf: Command, terminal: Terminal, ending: Ending): Promise<void> {
  const options = commonOptions(leaf, terminal)
  await askConsent(operation, input, leaf.opts<{ yes?: boolean }>().yes === true, options, terminal)
  const what = operation.name.replace('.', ' ')
  const found = await withProgress(terminal, what, () => execute(operation, input, options, terminal))
  const probed = operation === doctor && leaf.opts<{ probe?: boolean }>().probe === true
  const answer = probed ? await probe(doctor.output.parse(found), options, terminal) : found
  printAnswer(operation, answer, options, terminal, ending)
}

/** Runs one command line and answers with its exit code. Nothing it meets is thrown further. */
export async function runCli(argv: readonly string[], terminal: Terminal, release: string): Promise<number> {
  const style = { json: jsonAsked(argv, terminal), debug: argv.includes('--debug') }
  for (const warning of environmentWarnings(terminal.environment)) terminal.err(`${terminal.paint('yellow', 'warning:')} ${warning}\n`)
  const ending: Ending = { exitCode: 0 }
  const program = buildProgram(terminal, ending, release)
  try {
    await program.parseAsync(argv[0] === 'help' ? helpFlag(program, argv.slice(1)) : argv, { from: 'user' })
    return ending.exitCode
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return printFailure(thrown, terminal, style)
    if (thrown.exitCode === 0) return 0
    const at = ending.failedAt ?? program
    if (thrown.code === 'commander.help') return style.json ? printFailure(noCommand(at), terminal, style) : 2
    return printFailure(usageError(thrown, at), terminal, style)
  }
}

/** `help rates create` is `rates create --help`: of any command, and a word that is none is said to be so. */
function helpFlag(program: Command, words: readonly string[]): readonly string[] {
  let command = program
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    const below = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
    if (below === undefined) throw unknownCommand(word, command)
    command = below
  }
  return [...words, '--help']
}

function unknownCommand(word: string, { commands }: Command): PurserError {
  const meant = nearest(
    word,
    commands.map((each) => each.name()),
  )
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new PurserError('invalid_request', `Unknown command "${word}".${guess}`, { hint: 'See what there is:  purser --help' })
}

/** Errors are JSON where the answer would have been: known before the command line is, for that may be what is wrong. */
function jsonAsked(argv: readonly string[], { environment }: Terminal): boolean {
  return argv.includes('--json') || argv.includes('--jsonl') || ['json', 'jsonl'].includes(environment.PURSER_OUTPUT ?? '')
}

/** The program and all commands below it. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

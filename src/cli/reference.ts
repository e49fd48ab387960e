/** The command line as a document: every command with its arguments and flags, read off the program itself. */

import type { Command } from 'commander'
import { environmentNames } from './environment.ts'
import { exitCodes } from './exit-codes.ts'
import { buildProgram, everyCommand } from './program.ts'
import { noPrompts } from './prompts.ts'
import type { Terminal } from './terminal.ts'

const paper: Terminal = {
  out: () => {},
  err: () => {},
  width: 100,
  interactive: false,
  prompts: noPrompts,
  environment: {},
  userHome: '~',
  paint: (_style, text) => text,
}

const outputs: readonly string[] = [
  '## What `--json` prints',
  '',
  'Data goes to standard output and everything else to standard error. `PURSER_OUTPUT` says which output is the usual one; a flag goes before it. The schema of every answer stands by the name of its operation in [openapi.json](openapi.json).',
  '',
  '| answer | its shape |',
  '| --- | --- |',
  '| a list | `{"items": [...], "next": "..."}`; `next` is null on the last page, else the `--cursor` of the following one |',
  '| one thing | its fields, by the names that the schema has |',
  '| a write | the fields of the thing as it is now, and `dry_run`, `config_revision`, `changed` (`kind`, `name`, `field`, `before`, `after` of each field that moved) and `warnings` |',
  '| an error | `{"error": {"code", "message", "hint", "requestId", "details"}}`, on standard output too, with the exit code of its kind; `hint` and `requestId` may be null |',
  '',
  'Instants are milliseconds since 1970 in UTC, amounts of money decimal text, ids text. A field that is there today stays; more may be added.',
  '',
  '`--jsonl` prints each item of a list as one line, anything else as one line. `--csv` prints a header and a line an item, with nested fields as `outer.inner`. `--quiet` prints ids alone, and of `keys create` and `keys rotate` the key.',
  '',
]

export function renderCli(): string {
  const program = buildProgram(paper, { exitCode: 0 }, '')
  const commands = everyCommand(program).filter((command) => command.commands.length === 0)
  const parts = [
    '# Command line',
    '',
    'Generated from the program by `npm run docs`.',
    '',
    '## Every command takes',
    '',
    ...flags(program, []),
    '',
    ...outputs,
    ...commands.flatMap(section),
    '## Environment',
    '',
    ...Object.entries(environmentNames).map(([name, use]) => `- \`${name}\`: ${use}`),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
  ]
  return parts.join('\n')
}

function section(command: Command): readonly string[] {
  const words = pathOf(command)
  const places = command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))
  return [
    `## ${words.join(' ')}`,
    '',
    `\`${[...words, ...places].join(' ')}\``,
    '',
    sentence(command.description() || (command.parent?.description() ?? '')),
    '',
    ...command.registeredArguments.map((argument) => `- \`<${argument.name()}>\` ${argument.description}`),
    ...flags(command, ['--help']),
    ...(command.registeredArguments.length + command.options.length > 0 ? [''] : []),
  ]
}

function flags(command: Command, without: readonly string[]): readonly string[] {
  return command.options
    .filter((option) => !without.includes(option.long ?? ''))
    .map((option) => `- \`${option.flags}\` ${option.description}`)
}

/** The words to type. A command that runs when none is named goes by its group. */
function pathOf(command: Command): readonly string[] {
  if (command.parent === null) return [command.name()]
  return unnamed(command) ? pathOf(command.parent) : [...pathOf(command.parent), command.name()]
}

function unnamed(command: Command): boolean {
  return command.name() === 'up'
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return whole.endsWith('.') ? whole : `${whole}.`
}

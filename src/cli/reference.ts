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

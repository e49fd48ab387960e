/** `purser completion SHELL` prints what a shell reads once; `purser complete -- WORDS` is what it then asks at each press of the tab key. */

import type { Command } from 'commander'
import { fieldsOf } from '../../control/fields.ts'
import { operations } from '../../control/operations.ts'
import { PurserError } from '../../core/errors.ts'
import { nearest } from '../../core/nearest.ts'
import { exitCodesHelp } from '../exit-codes.ts'
import { flagOf } from '../operation-command.ts'
import { commonOptions } from '../options.ts'
import { printable } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { type Candidate, fitting, meantBy, type Place, placeOf } from './candidates.ts'
import { namesFor } from './names.ts'
import { shells, stubs } from './stubs.ts'

export function addCompletionCommands(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .argument('<shell>', shells.join(', '))
    .description('print what completes commands, flags and names in a shell')
    .addHelpText('before', 'Example:\n  source <(purser completion bash)\n')
    .addHelpText('after', exitCodesHelp)
    .action((shell: string) => terminal.out(stubs[shells.find((each) => each === shell) ?? unknownShell(shell)]))
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: readonly string[], _flags: unknown, command: Command) => {
      // A shell in the middle of a line is no place for an error: where nothing can be found out, nothing is offered.
      const found = await candidatesAt(placeOf(program, words), program, command, terminal).catch(() => [])
      terminal.out(found.map(({ value, note }) => `${printable(value)}\t${firstSentence(printable(note))}\n`).join(''))
    })
}

async function candidatesAt(place: Place, program: Command, command: Command, terminal: Terminal): Promise<readonly Candidate[]> {
  if (place.wants === undefined) return place.candidates
  const choices = choicesOf(place)
  if (choices !== undefined) return fitting([...place.candidates, ...choices], place.prefix)
  for (const name of ['home', 'config', 'database']) if (place.flags[name] !== undefined) program.setOptionValue(name, place.flags[name])
  const names = await namesFor(place.wants, commonOptions(command, terminal), terminal.environment)
  return fitting([...place.candidates, ...names], place.prefix)
}

/** The values that the operation's own schema allows, where it lists them. */
function choicesOf({ command: at, wants }: Place): readonly Candidate[] | undefined {
  const command = meantBy(at)
  if (command.name() === 'completion') return shells.map((value) => ({ value, note: '' }))
  const name = command.parent?.parent ? `${command.parent.name()}.${command.name()}` : command.name()
  const operation = operations.find((each) => each.name === name)
  const field = operation && fieldsOf(operation).find((each) => each.name === wants || flagOf(operation, each.name) === wants)
  return field?.choices?.map((value) => ({ value, note: '' }))
}

function firstSentence(note: string): string {
  return note.split(/(?<=\.) /)[0]!
}

function unknownShell(typed: string): never {
  const meant = nearest(typed, shells)
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  throw new PurserError('invalid_request', `No completion is known for "${typed}": there is one for ${shells.join(', ')}.${guess}`, {
    field: 'shell',
  })
}

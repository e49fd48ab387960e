/** A command line that does not read, as one of our own errors: what was wrong with it, the word that was meant, and the help that is nearest. */

import type { Command, CommanderError } from 'commander'
import { PurserError } from '../core/errors.ts'

/** What other programs call it. The first that the command has is meant. */
const otherWords: Readonly<Record<string, readonly string[]>> = {
  add: ['create'],
  new: ['create'],
  make: ['create'],
  delete: ['remove', 'revoke', 'void'],
  rm: ['remove', 'revoke', 'void'],
  del: ['remove', 'revoke', 'void'],
  remove: ['revoke', 'void'],
  withdraw: ['void'],
  set: ['update'],
  edit: ['update'],
  change: ['update'],
  show: ['get'],
  describe: ['get'],
  ls: ['list'],
  on: ['enable'],
  off: ['disable'],
}

/** The error that commander threw, which says nothing of the command it was thrown at. */
export function usageError(found: CommanderError, at: Command): PurserError {
  const sentence = found.message
    .replace(/^error: /, '')
    // What was given to an option that there is not may be a key, typed where none belongs.
    .replace(/^(unknown option '--[\w-]+)=.*'/s, "$1'")
    .replace(/\n\(Did you mean (one of )?([^?]+)\?\)$/, (_all, _several, word: string) => `. Did you mean "${word}"?`)
    .replace(/^unknown command '([a-z]+)'.*$/s, (all, word: string) => {
      const meant = otherWords[word]?.find((each) => at.commands.some((command) => command.name() === each))
      return meant === undefined ? all : `unknown command '${word}'. Did you mean "${meant}"?`
    })
    .replaceAll("'", '"')
  const whole = sentence.charAt(0).toUpperCase() + sentence.slice(1)
  return new PurserError('invalid_request', /[.?]$/.test(whole) ? whole : `${whole}.`, { hint: helpOf(at) })
}

/** A noun or nothing at all: a person has been shown the help. */
export function noCommand(at: Command): PurserError {
  return new PurserError('invalid_request', 'The command is not whole: it names nothing to do.', { hint: helpOf(at) })
}

function helpOf(command: Command): string {
  const names: string[] = []
  for (let each: Command | null = command; each !== null; each = each.parent) names.unshift(each.name())
  return `See what there is:  ${names.join(' ')} --help`
}

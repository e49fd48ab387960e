/** What may stand at the cursor, read off the program itself: commands, flags, choices, or names of what there is. Pure. */

import type { Command, Option } from 'commander'

export type Candidate = { readonly value: string; readonly note: string }

/** What belongs at the cursor: words that are known here, or names of things that only the server knows. */
export type Place = {
  readonly command: Command
  /** What was typed of it so far. */
  readonly prefix: string
  /** Values of flags before the cursor, by attribute. */
  readonly flags: Readonly<Record<string, string>>
  readonly candidates: readonly Candidate[]
  /** The argument or flag whose value stands here. */
  readonly wants: string | undefined
}

/** `typed` is every word after the program's name; the last is the one at the cursor, and may be empty. */
export function placeOf(program: Command, typed: readonly string[]): Place {
  const words = withoutEquals(typed)
  const prefix = words.at(-1) ?? ''
  const flags: Record<string, string> = {}
  let command = program
  let placed = 0
  let pending: Option | undefined
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) {
      flags[pending.attributeName()] = word
      pending = undefined
      continue
    }
    if (word === '--') return { command, prefix, flags, candidates: [], wants: undefined }
    if (word.startsWith('-')) {
      const [name, value] = splitFlag(word)
      const option = optionsOf(command).find((each) => each.long === name || each.short === name)
      if (option !== undefined && value !== undefined) flags[option.attributeName()] = value
      else if (option?.required) pending = option
      continue
    }
    const below = placed === 0 ? subcommands(command).find((each) => each.name() === word || each.aliases().includes(word)) : undefined
    if (below === undefined) placed += 1
    else command = below
  }
  const place = { command, prefix, flags }
  if (pending !== undefined) return { ...place, candidates: [], wants: pending.long?.slice(2) }
  if (prefix.startsWith('-')) return { ...place, candidates: flagCandidates(command, flags, prefix), wants: undefined }
  const leaf = subcommands(command).length === 0 ? command : undefined
  const argument = leaf?.registeredArguments[placed] ?? leaf?.registeredArguments.find((each) => each.variadic)
  const known = placed === 0 ? subcommands(command).map((each) => ({ value: each.name(), note: noteOf(each) })) : []
  return { ...place, candidates: fitting(known, prefix), wants: argument?.name() }
}

export function fitting(candidates: readonly Candidate[], prefix: string): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(prefix))
}

/** A shell may hand over `--flag=value` in three words. */
function withoutEquals(typed: readonly string[]): readonly string[] {
  return typed.flatMap((word, place) => {
    if (word !== '=' || !typed[place - 1]?.startsWith('--')) return [word]
    return place === typed.length - 1 ? [''] : []
  })
}

function splitFlag(word: string): readonly [name: string, value: string | undefined] {
  const equals = word.indexOf('=')
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]
}

/** Those that a help page shows. */
function subcommands(command: Command): readonly Command[] {
  const shown = command.createHelp().visibleCommands(command)
  return shown.filter((each) => each.name() !== 'help')
}

/** A group of one command runs that one where none is named. */
export function meantBy(command: Command): Command {
  const [only, ...others] = subcommands(command)
  return only !== undefined && others.length === 0 ? only : command
}

/** A command's own flags, then those of the commands above it. */
function optionsOf(command: Command): readonly Option[] {
  const chain = [meantBy(command), ...ancestorsOf(meantBy(command))]
  return chain.flatMap((each) => each.options.filter((option) => !option.hidden))
}

function ancestorsOf({ parent }: Command): readonly Command[] {
  return parent === null ? [] : [parent, ...ancestorsOf(parent)]
}

function flagCandidates(command: Command, given: Readonly<Record<string, string>>, prefix: string): readonly Candidate[] {
  const flags = optionsOf(command)
    .filter((option) => option.long !== undefined && given[option.attributeName()] === undefined)
    .map((option) => ({ value: option.long!, note: option.description }))
  return fitting([...flags, { value: '--help', note: 'show its help' }], prefix)
}

function noteOf(command: Command): string {
  return command.description()
}

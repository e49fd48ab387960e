/** `purser config explain`: every setting with its value, where that comes from, and what it beat. */

import type { Command } from 'commander'
import { withoutPassword } from '../core/database-address.ts'
import { PurserError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { type CommonOptions, commonOptions } from './options.ts'
import { printList } from './output.ts'
import type { Sourced } from './settings.ts'
import type { Terminal } from './terminal.ts'

type Explained = Sourced & { readonly name: string; readonly beat: readonly Sourced[] }

const columns = [
  { field: 'name', title: 'SETTING', show: 'whole' },
  { field: 'value', title: 'VALUE' },
  { field: 'origin', title: 'FROM' },
  { field: 'beats', title: 'BEATS' },
] as const

export function addConfigCommands(program: Command, terminal: Terminal): void {
  program
    .command('config')
    .description('how this program is set up')
    .command('explain')
    .argument('[key]', 'one setting, such as port')
    .description('show each setting, where its value comes from, and what that beat')
    .addHelpText('before', 'Example:\n  purser config explain port\n')
    .addHelpText('after', exitCodesHelp)
    .action((key: string | undefined, _flags: unknown, command: Command) => {
      const options = commonOptions(command, terminal)
      const all = explained(options)
      const items = key === undefined ? all : all.filter((each) => each.name === key)
      if (key !== undefined && items.length === 0) throw unknownSetting(key, all)
      const shown = items.map(({ beat, ...rest }) => ({ ...rest, beats: beat.map(({ value, origin }) => `${value} (${origin})`) }))
      printList(shown, columns, options, terminal)
    })
}

/** A password in an address stays out, wherever it was said. */
function explained({ settings, commands }: CommonOptions): readonly Explained[] {
  const safe = ({ value, origin }: Sourced): Sourced => ({ value: withoutPassword(value), origin })
  return [
    ...Object.values(settings).map(({ name, beat, ...said }) => ({ name, ...safe(said), beat: beat.map(safe) })),
    ...Object.entries(commands).map(([name, argv]) => ({
      name: `commands.${name}`,
      value: argv[0]!,
      origin: 'a configuration file',
      beat: [],
    })),
  ]
}

function unknownSetting(key: string, all: readonly Explained[]): PurserError {
  const meant = nearest(
    key,
    all.map((each) => each.name),
  )
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new PurserError('not_found', `There is no setting "${key}".${guess}`, { hint: 'See them all:  purser config explain' })
}

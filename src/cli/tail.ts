/** `purser calls tail`: each call once it is over, as it happens, until it is interrupted. */

import { setTimeout as pause } from 'node:timers/promises'
import type { Command } from 'commander'
import type { z } from 'zod'
import { callsList } from '../control/books/calls.ts'
import { PurserError } from '../core/errors.ts'
import { execute } from './execute.ts'
import { type Ending, exitCodesHelp } from './exit-codes.ts'
import { commonOptions } from './options.ts'
import { csvText, jsonLines } from './output.ts'
import { renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

type Call = z.output<typeof callsList.output>['items'][number]
type Flags = { readonly profile?: string; readonly provider?: string; readonly status?: string }

const everyMs = 1000
const statuses: Readonly<Record<string, (call: Call) => boolean>> = {
  ok: ({ outcome }) => outcome === 'succeeded',
  error: ({ outcome }) => outcome !== 'succeeded',
}

/** What was printed, and from when on the next look is: back to the oldest call that still runs. */
export type Followed = { readonly since: number; readonly seen: ReadonlySet<string> }

/** The calls that are over and were not shown yet, oldest first, and how to go on. `page` is what was created since `before.since`, newest first. */
export function follow(before: Followed, page: readonly Call[]): { readonly fresh: readonly Call[]; readonly after: Followed } {
  const over = page.filter(({ outcome }) => outcome !== 'open')
  const open = page.filter(({ outcome }) => outcome === 'open').map((call) => call.created_at)
  const since = open.length > 0 ? Math.min(...open) : Math.max(before.since, ...page.map((call) => call.created_at))
  return {
    fresh: over.filter(({ id }) => !before.seen.has(id)).reverse(),
    // Only what the next look can bring again.
    after: { since, seen: new Set(over.filter((call) => call.created_at >= since).map(({ id }) => id)) },
  }
}

export function addTailCommand(program: Command, terminal: Terminal, ending: Ending): void {
  program.commands
    .find((command) => command.name() === 'calls')!
    .command('tail')
    .description('show each call once it is over, until interrupted')
    .option('--profile <value>', 'only calls that this profile served')
    .option('--provider <value>', 'only calls that this provider served')
    .option('--status <value>', 'only those that ended so (ok, error)')
    .addHelpText('before', 'Example:\n  purser calls tail --profile simulated --status error --jsonl\n')
    .addHelpText('after', exitCodesHelp)
    .action(async ({ status, ...filter }: Flags, command: Command) => {
      const options = commonOptions(command, terminal)
      const wanted = status === undefined ? () => true : statuses[status]
      if (wanted === undefined)
        throw new PurserError('invalid_request', `--status must be ok or error, and not "${status}".`, { field: '--status' })
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort())
      let state: Followed = { since: Date.now(), seen: new Set() }
      while (!stop.signal.aborted) {
        const answer = await execute(callsList, { ...filter, since: state.since, limit: 1000 }, options, terminal)
        const { fresh, after } = follow(state, callsList.output.parse(answer).items)
        state = after
        const shown = fresh.filter(wanted)
        if (shown.length > 0)
          terminal.out(
            options.json
              ? jsonLines(shown)
              : options.output === 'csv'
                ? csvText(shown)
                : `${renderItems(callsList.columns, shown, terminal)}\n`,
          )
        await pause(everyMs, undefined, { signal: stop.signal }).catch(() => undefined)
      }
      ending.exitCode = 130
    })
}

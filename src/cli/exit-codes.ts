/** The exit codes a script can rely on, as a table and as the end of every help page. */

import type { Command } from 'commander'

export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'wrong usage or input'],
  ['3', 'not found'],
  ['4', 'a key is needed, or it may not do this'],
  ['5', 'conflict: a duplicate, or changed meanwhile'],
  ['6', 'the provider failed'],
  ['7', 'a budget or a limit'],
  ['8', 'a decision is needed'],
  ['69', 'no Node 24 to be had, or no server to talk to'],
  ['70', 'internal fault while serving'],
  ['74', 'storage failed'],
  ['75', 'another process holds the database'],
  ['78', 'refused to start: configuration or database'],
  ['130', 'interrupted'],
]

export const exitCodesHelp = `\nExit codes:\n${exitCodes.map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`).join('\n')}`

/** What a command says beyond its output: its exit code, and which command it was that did not read. */
export type Ending = { exitCode: number; failedAt?: Command }

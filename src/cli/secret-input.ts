/** A secret on its way in: from standard input, a variable or a file, or typed where nobody sees it. Never from a flag's value, which every process of the machine can read. */

import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { Field } from '../control/fields.ts'
import { PurserError } from '../core/errors.ts'
import type { Terminal } from './terminal.ts'

const mostBytes = 65_536

type Given = Readonly<Record<string, unknown>>

export function addSecretFlags(command: Command, flag: string, description: string): void {
  command.option(`--${flag}-stdin`, `${description} From standard input.`)
  command.option(`--${flag}-env <variable>`, `${description} From this environment variable.`)
  command.option(`--${flag}-file <path>`, `${description} From this file.`)
}

/** The value, or undefined where nothing was said of it. `named` finds a flag among those that were given. */
export async function readSecret(
  field: Field,
  flag: string,
  given: Given,
  named: (flag: string) => string,
  terminal: Terminal,
): Promise<string | undefined> {
  const stdin = given[named(`${flag}-stdin`)] === true
  const variable = given[named(`${flag}-env`)]
  const path = given[named(`${flag}-file`)]
  const ways = [stdin, variable !== undefined, path !== undefined].filter(Boolean).length
  if (ways > 1) throw refused(flag, `Give one of --${flag}-stdin, --${flag}-env and --${flag}-file.`)
  if (stdin) return whole(flag, 'standard input', await standardInput())
  if (typeof variable === 'string') return whole(flag, variable, terminal.environment[variable] ?? '')
  if (typeof path === 'string') return whole(flag, path, fileText(flag, path))
  if (!field.required) return undefined
  if (terminal.interactive) return terminal.prompts.secret('The key, which is not shown:')
  throw refused(flag, `A key is needed. Give it with --${flag}-stdin, --${flag}-env VARIABLE or --${flag}-file PATH.`)
}

/** Where whoever started this shares its input, nothing may stand there yet. */
async function standardInput(): Promise<string> {
  try {
    return readFileSync(0, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    return text(process.stdin)
  }
}

function fileText(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw refused(flag, `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function whole(flag: string, from: string, read: string): string {
  const value = read.trim()
  if (value === '') throw refused(flag, `There is no key in ${from}.`)
  if (value.length > mostBytes) throw refused(flag, `What ${from} holds is too long to be a key.`)
  return value
}

function refused(flag: string, message: string): PurserError {
  return new PurserError('invalid_request', message, { field: `--${flag}-stdin` })
}

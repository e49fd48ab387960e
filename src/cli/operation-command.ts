/** A command for an operation: positional arguments, a flag for every other field, its example in the help. */

import { Command } from 'commander'
import { type Field, fieldsOf, readField } from '../control/fields.ts'
import type { Operation } from '../control/operation.ts'
import { PurserError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { readText, withAssignments } from './given.ts'
import { addSecretFlags, readSecret } from './secret-input.ts'
import { processTerminal, type Terminal } from './terminal.ts'

export type RunOperation = (operation: Operation, input: JsonObject, command: Command) => Promise<void>

export function operationCommand(operation: Operation, run: RunOperation, terminal: Terminal = processTerminal()): Command {
  const command = new Command(operation.name.split('.')[1] ?? operation.name).description(operation.summary)
  const fields = fieldsOf(operation)
  const byPlace = operation.positional.map((name) => fields.find((field) => field.name === name)!)
  const secrets = fields.filter((field) => field.type === 'secret')
  const byFlag = fields.filter((field) => !operation.positional.includes(field.name) && field.type !== 'secret')
  for (const field of byPlace) command.argument(field.required ? `<${field.name}>` : `[${field.name}]`, field.description)
  for (const field of byFlag) addFlag(command, field, flagOf(operation, field.name))
  for (const field of secrets) addSecretFlags(command, flagOf(operation, field.name), field.description)
  const nested = byFlag.filter((field) => field.type === 'json')
  if (nested.length > 0)
    command.option(
      '--set <path=value>',
      `one value inside ${nested.map((field) => `--${flagOf(operation, field.name)}`).join(', ')}`,
      collect,
    )
  if (operation.effect === 'destroy') command.option('--yes', 'do it without asking')
  command.addHelpText('before', `Example:\n  ${operation.example}\n`)
  command.addHelpText('after', exitCodesHelp)
  command.action(async () => {
    const { set, ...given } = command.opts<Record<string, Given | undefined>>()
    try {
      const input: Record<string, Json> = {}
      byPlace.forEach((field, place) => {
        const text = command.args[place]
        if (text !== undefined) input[field.name] = readField(field, text)
      })
      for (const field of byFlag) {
        const value = given[attributeOf(flagOf(operation, field.name))]
        if (value !== undefined) input[field.name] = readGiven(field, value, flagOf(operation, field.name))
      }
      for (const field of secrets) {
        const value = await readSecret(field, flagOf(operation, field.name), given, attributeOf, terminal)
        if (value !== undefined) input[field.name] = value
      }
      await run(operation, withAssignments(input, Array.isArray(set) ? set : [], byFlag), command)
    } catch (thrown) {
      throw inFlags(operation, thrown)
    }
  })
  return command
}

const typeWords: Partial<Record<Field['type'], string>> = { text: 'value', json: 'json|@file' }

function addFlag(command: Command, field: Field, flag: string): void {
  const notes = [
    field.description,
    ...(field.choices === undefined ? [] : [`(${field.choices.join(', ')})`]),
    ...(field.fallback === undefined || field.type === 'switch' ? [] : [`[${printDefault(field.fallback)}]`]),
  ]
  const description = notes.filter((note) => note !== '').join(' ')
  if (field.type === 'switch' && field.fallback === undefined) command.option(`--${flag} [true|false]`, description)
  else if (field.type === 'switch') command.option(`--${flag}`, description)
  else if (field.type === 'list')
    command.option(`--${flag} <value>`, description, (value: string, before: readonly string[] = []) => [...before, ...value.split(',')])
  else if (field.type === 'document')
    command.option(`${flag === 'file' ? '-f, ' : ''}--${flag} <path>`, `${description} - is standard input.`)
  else command.option(`--${flag} <${typeWords[field.type] ?? field.type}>`, description)
}

type Given = string | boolean | readonly string[]

function readGiven(field: Field, value: Given, flag: string): Json {
  return typeof value === 'string' ? readText(field, value, `--${flag}`) : value
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function printDefault(value: Json): string {
  if (Array.isArray(value)) return value.join(',') || 'none'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function flagOf(operation: Operation, field: string): string {
  const short = Object.entries(operation.flags ?? {}).find(([, name]) => name === field)?.[0]
  return short ?? field.replaceAll('_', '-')
}

/** As commander names it in its options: `dry-run` becomes `dryRun`. */
function attributeOf(flag: string): string {
  return flag.replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
}

/** A sentence about a field, in the words of the one who typed a flag. */
function inFlags(operation: Operation, thrown: unknown): unknown {
  if (!(thrown instanceof PurserError) || thrown.kind !== 'invalid_request' || thrown.field?.startsWith('--')) return thrown
  let message = thrown.message
  for (const name of Object.keys(operation.input.shape)) {
    const typed = operation.positional.includes(name) ? `<${name}>` : `--${flagOf(operation, name)}`
    message = message.replaceAll(new RegExp(`"${name}(\\.\\d+)*"`, 'g'), typed)
    if (message.startsWith(`${name} `)) message = typed + message.slice(name.length)
  }
  thrown.message = message
  return thrown
}

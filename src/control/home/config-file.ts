/** The configuration files: the user's `config.toml`, and one that is named. They say how this program runs; what the database holds is never in them. */

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { isPostgres } from '../../core/database-address.ts'
import { PurserError } from '../../core/errors.ts'
import { invalidInput } from '../invalid.ts'
import { fileFault } from './file-fault.ts'

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export const outputs = ['table', 'json', 'jsonl', 'csv'] as const

const port = z.int().min(0).max(65_535)

/** `commands` holds what a credential `command:NAME` runs: the program and its arguments, never a line for a shell. */
export const configFile = z
  .strictObject({
    host: z.string().min(1),
    port,
    admin_port: port,
    database: z.string().min(1),
    log_level: z.enum(logLevels),
    output: z.enum(outputs),
    commands: z.record(z.string().regex(/^[A-Za-z0-9_./-]{1,200}$/), z.array(z.string().min(1)).min(1)),
  })
  .partial()
export type ConfigFile = z.output<typeof configFile>

export type ConfigLayer = { readonly origin: 'project file' | 'user file'; readonly path: string; readonly values: ConfigFile }

/**
 * The files that count, the stronger first. A file counts as the project's only when it is named, and must be there then: nothing is
 * picked up from the folder that a command happens to run in, because a cloned repository must not redirect a key.
 */
export function readConfigLayers(userFile: string, named: string | undefined): readonly ConfigLayer[] {
  const project = named === undefined || named === '' ? undefined : resolve(named)
  const read = (origin: ConfigLayer['origin'], path: string, needed: boolean): readonly ConfigLayer[] => {
    const values = readConfigFile(path, needed)
    return values === undefined ? [] : [{ origin, path, values }]
  }
  return [...(project === undefined ? [] : read('project file', project, true)), ...read('user file', userFile, false)]
}

/** Every command of all files; where two bear one name, the stronger file's. */
export function commandsOf(layers: readonly ConfigLayer[]): Readonly<Record<string, readonly string[]>> {
  return Object.assign({}, ...[...layers].reverse().map((layer) => layer.values.commands ?? {})) as Record<string, readonly string[]>
}

function readConfigFile(path: string, needed: boolean): ConfigFile | undefined {
  const text = textOf(path, needed)
  if (text === undefined) return undefined
  const read = configFile.safeParse(parsed(text, path))
  if (!read.success) {
    const found = invalidInput(read.error, Object.keys(configFile.shape))
    throw unusable(`${path}: ${found.message}`, found.field)
  }
  const { database } = read.data
  if (read.data.commands !== undefined) refuseShared(path)
  return database === undefined ? read.data : { ...read.data, database: beside(path, database) }
}

function textOf(path: string, needed: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw fileFault(error)
    if (needed) throw unusable(`There is no configuration file at ${path}.`, 'config')
    return undefined
  }
}

function parsed(text: string, path: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw unusable(`${path} is not TOML: line ${error.line}, column ${error.column} does not read.`)
  }
}

/** A file in a configuration means the one beside it, from whichever folder it is read. */
function beside(path: string, database: string): string {
  return database === ':memory:' || isPostgres(database) ? database : resolve(dirname(path), database)
}

/** Whoever may write this file decides what Purser runs. */
function refuseShared(path: string): void {
  if ((statSync(path).mode & 0o022) === 0) return
  throw new PurserError('invalid_request', `${path} names commands to run, and others than its owner may change it.`, {
    code: 'unsafe_file',
    hint: `Take that right away:  chmod go-w ${path}`,
  })
}

function unusable(message: string, field?: string): PurserError {
  return new PurserError('invalid_request', message, {
    code: 'bad_config',
    hint: 'See what counts, and from where:  purser config explain',
    ...(field === undefined ? {} : { field }),
  })
}

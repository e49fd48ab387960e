/** Every setting of this program with where its value comes from: flag, environment, project file, user file, or built in. */

import type { ConfigFile, ConfigLayer } from '../control/home/config-file.ts'
import type { Environment } from './terminal.ts'

type Kind = {
  /** As commander names it; none where no flag says it. */
  readonly flag?: string
  readonly environment: string
  /** What holds where nobody says otherwise, as a person reads it. */
  readonly builtIn: string
  readonly inFile?: Exclude<keyof ConfigFile, 'commands'>
}

export const settingKinds = {
  home: { flag: 'home', environment: 'PURSER_HOME', builtIn: 'the XDG folders' },
  config: { flag: 'config', environment: 'PURSER_CONFIG', builtIn: 'none' },
  database: { flag: 'database', environment: 'PURSER_DATABASE_URL', builtIn: 'purser.db under data', inFile: 'database' },
  host: { flag: 'host', environment: 'PURSER_HOST', builtIn: '127.0.0.1', inFile: 'host' },
  allowed_hosts: { flag: 'allowHost', environment: 'PURSER_ALLOWED_HOSTS', builtIn: 'its address alone' },
  port: { flag: 'port', environment: 'PURSER_PORT', builtIn: '7878, or the next free one', inFile: 'port' },
  admin_port: { flag: 'adminPort', environment: 'PURSER_ADMIN_PORT', builtIn: '7879, or the next free one', inFile: 'admin_port' },
  log_level: { environment: 'PURSER_LOG_LEVEL', builtIn: 'info', inFile: 'log_level' },
  output: { flag: 'output', environment: 'PURSER_OUTPUT', builtIn: 'table', inFile: 'output' },
  admin_url: { environment: 'PURSER_ADMIN_URL', builtIn: 'the server of this home, where one runs' },
} as const satisfies Record<string, Kind>
export type SettingName = keyof typeof settingKinds

export type Sourced = { readonly value: string; readonly origin: string }
export type Setting = Sourced & {
  readonly name: SettingName
  /** Undefined where only what is built in holds. */
  readonly said: string | undefined
  /** What else was said of it, the stronger first. */
  readonly beat: readonly Sourced[]
}

/** Nothing typed is nothing said: an empty flag or variable leaves the place to the next. */
export function settingsOf(
  flags: Readonly<Record<string, unknown>>,
  environment: Environment,
  layers: readonly ConfigLayer[],
): Readonly<Record<SettingName, Setting>> {
  const settings = Object.entries(settingKinds).map(([name, kind]: [string, Kind]): readonly [string, Setting] => {
    const said: readonly { readonly value: unknown; readonly origin: string }[] = [
      ...(kind.flag === undefined ? [] : [{ value: flags[kind.flag], origin: `flag --${dashed(kind.flag)}` }]),
      { value: environment[kind.environment], origin: `environment ${kind.environment}` },
      ...(kind.inFile === undefined
        ? []
        : layers.map(({ origin, path, values }) => ({ value: values[kind.inFile!], origin: `${origin} ${path}` }))),
    ]
    const given = said
      .filter(({ value }) => value !== undefined && value !== '')
      .map(({ value, origin }) => ({ value: String(value), origin }))
    const builtIn = { value: kind.builtIn, origin: 'built in' }
    const [first = builtIn, ...beat] = [...given, builtIn]
    return [name, { name: name as SettingName, ...first, said: given[0]?.value, beat }]
  })
  return Object.fromEntries(settings) as Record<SettingName, Setting>
}

function dashed(flag: string): string {
  return flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

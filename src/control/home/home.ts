/** Where one installation keeps its files: four folders, of one home or of the XDG base directories. */

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type Home = {
  readonly config: string
  readonly data: string
  readonly state: string
  readonly cache: string
  /** The user's configuration file, where there is one. */
  readonly configFile: string
  readonly database: string
  readonly serverFile: string
  readonly adminToken: string
  readonly firstKey: string
  readonly pepper: string
  /** The key-encryption key of sealed secrets. */
  readonly kek: string
  /** The folder of `file:` secrets. */
  readonly secrets: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** `asked` (the flag) or PURSER_HOME put all four folders under one; else each follows its XDG variable. */
export function homeOf(asked: string | undefined, environment: Environment, userHome: string): Home {
  const one = asked || environment.PURSER_HOME
  if (one) {
    const root = resolve(one)
    return withFiles(environment, join(root, 'config'), join(root, 'data'), join(root, 'state'), join(root, 'cache'))
  }
  const base = (name: string, ...fallback: string[]) => join(environment[name] || join(userHome, ...fallback), 'purser')
  return withFiles(
    environment,
    base('XDG_CONFIG_HOME', '.config'),
    base('XDG_DATA_HOME', '.local', 'share'),
    base('XDG_STATE_HOME', '.local', 'state'),
    base('XDG_CACHE_HOME', '.cache'),
  )
}

function withFiles(environment: Environment, config: string, data: string, state: string, cache: string): Home {
  return {
    config,
    data,
    state,
    cache,
    configFile: join(config, 'config.toml'),
    database: join(data, 'purser.db'),
    serverFile: join(state, 'server.json'),
    adminToken: join(config, 'admin-token'),
    firstKey: join(config, 'first-key'),
    pepper: join(config, 'pepper'),
    kek: environment.PURSER_KEK_FILE ? resolve(environment.PURSER_KEK_FILE) : join(config, 'kek'),
    secrets: join(config, 'secrets'),
  }
}

/** Makes the folders that are missing, for their owner alone. */
export function makeHome(home: Home): void {
  for (const folder of [home.config, home.secrets, home.data, home.state, home.cache]) mkdirSync(folder, { recursive: true, mode: 0o700 })
}

/** Secrets in environment variables. Each is read once, into a map that nothing else can see; a serving process then takes it out of its own environment. */

import { absent, type Reading, readingOf, unknown } from './reading.ts'

export interface EnvironmentSecrets {
  /** Reads the variables that were not read before. */
  adopt(names: Iterable<string>): void
  read(name: string): Reading
}

export type EnvironmentOptions = {
  readonly variables: Record<string, string | undefined>
  /** Take out what was read, so that no child and no crash report carries it. A program that embeds Purser keeps its environment. */
  readonly forget: boolean
}

export function readEnvironment({ variables, forget }: EnvironmentOptions): EnvironmentSecrets {
  const values = new Map<string, Reading>()
  return {
    adopt(names) {
      for (const name of names) {
        if (values.has(name)) continue
        const set = Object.hasOwn(variables, name) ? variables[name] : undefined
        values.set(name, set === undefined ? absent(missing(name)) : readingOf(set, missing(name)))
        if (forget) delete variables[name]
      }
    },
    read: (name) => values.get(name) ?? unknown(`Only a running server that needed it has read the environment variable ${name}.`),
  }
}

function missing(name: string): string {
  return `The environment variable ${name} was not set when Purser started. Set it and start Purser again.`
}

/** What `init` would do, from what there is and what was found. Pure: nothing is asked or written here, and what is there already is no step. */

import type { JsonObject } from '../../core/json.ts'
import { otherVariables, usualModels } from './models.ts'

export type Standing = {
  readonly providers: readonly { readonly name: string; readonly base_url: string; readonly network: string }[]
  readonly connections: readonly {
    readonly name: string
    readonly provider: string
    readonly auth: { readonly type: string; readonly credential?: string | null | undefined }
    readonly disabled: boolean
  }[]
  readonly profiles: readonly { readonly name: string; readonly provider: string; readonly model: string }[]
  readonly routes: readonly { readonly name: string }[]
  readonly keys: readonly { readonly name: string }[]
}

/** A connection that can be used at once: its key is in the environment, or its server answers on this machine. */
export type Found = {
  readonly connection: string
  readonly provider: string
  readonly disabled: boolean
  /** What shows that it can be used: a variable's name, or an address. */
  readonly seen: string
  /** Set where the connection has to refer to another variable. */
  readonly credential?: string
  /** What its server says it has. */
  readonly models?: readonly string[]
}

/** `seals` names the variable whose value goes into the database, put there as the step is done and never part of a plan. */
export type Step = {
  readonly operation: string
  readonly input: JsonObject
  readonly says: string
  readonly profile?: string
  readonly seals?: string
}
export type Plan = { readonly steps: readonly Step[]; readonly warnings: readonly string[] }

export const firstApp = 'first-app'
const defaultRoute = 'default'

/** `has` says whether a variable of the environment holds something; its value is of no interest. `serving` are local servers that answered. */
export function findAdoptable(
  { connections }: Standing,
  has: (variable: string) => boolean,
  serving: ReadonlyMap<string, { readonly address: string; readonly models: readonly string[] }>,
): readonly Found[] {
  return connections.flatMap(({ name, provider, auth, disabled }): readonly Found[] => {
    const base = { connection: name, provider, disabled }
    const local = serving.get(name)
    if (local !== undefined) return [{ ...base, seen: local.address, models: local.models }]
    const variable = /^env:(.+)$/.exec(auth.credential ?? '')?.[1]
    if (auth.type !== 'api_key' || variable === undefined) return []
    if (has(variable)) return [{ ...base, seen: variable }]
    const other = otherVariables[variable]?.find(has)
    return other === undefined ? [] : [{ ...base, seen: other, credential: `env:${other}` }]
  })
}

/** `models` are those named by `--model`, by provider. */
export function planInit(standing: Standing, adopted: readonly Found[], models: ReadonlyMap<string, string>, seal = false): Plan {
  const made: Made[] = []
  for (const [place, found] of adopted.entries()) {
    const isFirst = !adopted.slice(0, place).some(({ provider }) => provider === found.provider)
    const name = isFirst ? found.provider : found.connection
    const takenBefore = made.some(({ profile }) => profile === name)
    made.push(stepsFor(standing, found, name, takenBefore, models.get(found.provider), seal))
  }
  const usable = made.flatMap(({ profile }) => (profile === undefined ? [] : [profile]))
  const taken = [...standing.routes, ...standing.profiles].some(({ name }) => name === defaultRoute) || usable.includes(defaultRoute)
  const [first] = usable
  const route: readonly Step[] =
    taken || first === undefined
      ? []
      : [{ operation: 'routes.create', input: { name: defaultRoute, members: [first] }, says: `route ${defaultRoute} over ${first}` }]
  const key: readonly Step[] = standing.keys.some(({ name }) => name === firstApp)
    ? []
    : [{ operation: 'keys.create', input: { name: firstApp }, says: `key ${firstApp}` }]
  return { steps: [...made.flatMap(({ steps }) => steps), ...route, ...key], warnings: made.flatMap(({ warnings }) => warnings) }
}

type Made = Plan & { readonly profile: string | undefined }

/** `name` is the profile's: the provider's own, or the connection's where the provider has another. */
function stepsFor(
  { profiles, routes }: Standing,
  found: Found,
  name: string,
  taken: boolean,
  asked: string | undefined,
  seal: boolean,
): Made {
  const { connection, provider, credential } = found
  const steps: Step[] = []
  if (seal && found.models === undefined)
    steps.push({ operation: 'connections.update', input: { connection }, says: `connection ${connection} sealed`, seals: found.seen })
  else if (credential !== undefined)
    steps.push({ operation: 'connections.update', input: { connection, credential }, says: `connection ${connection} reads ${credential}` })
  if (found.disabled) steps.push({ operation: 'connections.enable', input: { connection }, says: `connection ${connection} enabled` })
  const own = profiles.find((each) => each.name === name)
  if (!taken && own !== undefined && own.provider === provider) {
    const moves = asked !== undefined && asked !== own.model
    if (moves)
      steps.push({
        operation: 'profiles.update',
        input: { profile: name, model: asked },
        says: `profile ${name}: model ${asked}`,
        profile: name,
      })
    return { steps, warnings: [], profile: name }
  }
  const model = asked ?? usualModels[provider] ?? found.models?.[0]
  if (taken || own !== undefined || routes.some((route) => route.name === name))
    return { steps, warnings: [`Something else is named "${name}" already, so no profile was made for it.`], profile: undefined }
  if (model === undefined)
    return {
      steps,
      warnings: [`No model is known for "${provider}", so no profile was made: name one with --model ${provider}=MODEL.`],
      profile: undefined,
    }
  const input = { name, provider, connection, model }
  steps.push({ operation: 'profiles.create', input, says: `profile ${name}: model ${model}`, profile: name })
  return { steps, warnings: [], profile: name }
}

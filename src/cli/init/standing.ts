/** What there is before `init`: read by operations, and from servers of models on this machine. */

import { keysList } from '../../control/keys/keys.ts'
import { connectionsList } from '../../control/nouns/connections.ts'
import { routesList } from '../../control/nouns/model-routes.ts'
import { profilesList } from '../../control/nouns/profiles.ts'
import { providersList } from '../../control/nouns/providers.ts'
import { at, type Json, parseJson } from '../../core/json.ts'
import type { Serving } from '../serving.ts'
import type { Standing } from './plan.ts'

const everything = { limit: 1000 }
/** A server on this machine answers at once or is not there. */
const localMs = 500

export async function readStanding({ ask }: Serving): Promise<Standing> {
  const providers = providersList.output.parse(await ask('providers.list', everything)).items
  const connections = connectionsList.output.parse(await ask('connections.list', everything)).items
  const profiles = profilesList.output.parse(await ask('profiles.list', everything)).items
  const routes = routesList.output.parse(await ask('routes.list', everything)).items
  const keys = keysList.output.parse(await ask('keys.list', everything)).items
  return { providers, connections, profiles, routes, keys }
}

/** Connections without auth whose server answers on loopback, with the models that it lists. */
export async function localServers({
  providers,
  connections,
}: Standing): Promise<ReadonlyMap<string, { readonly address: string; readonly models: readonly string[] }>> {
  const looked = connections.map(async ({ name, provider: of, auth }) => {
    const provider = providers.find((each) => each.name === of)
    if (auth.type !== 'none' || provider?.network !== 'loopback') return undefined
    const url = new URL(provider.base_url)
    if (!['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)) return undefined
    const models = await modelsAt(`${provider.base_url.replace(/\/$/, '')}/models`)
    return models === undefined ? undefined : ([name, { address: url.host, models }] as const)
  })
  return new Map((await Promise.all(looked)).filter((found) => found !== undefined))
}

async function modelsAt(url: string): Promise<readonly string[] | undefined> {
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(localMs) })
    const data = at(parseJson(await answer.text()), 'data')
    if (!answer.ok || !Array.isArray(data)) return undefined
    return data.map((each: Json) => at(each, 'id')).filter((id) => typeof id === 'string')
  } catch {
    return undefined
  }
}

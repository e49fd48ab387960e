/** Names of what there is, for the word at the cursor: asked of the running server alone, and only for as long as nobody notices. */

import { liveServer } from '../../control/home/server-file.ts'
import type { Operation } from '../../control/operation.ts'
import { operations } from '../../control/operations.ts'
import { at, type Json } from '../../core/json.ts'
import type { CommonOptions } from '../options.ts'
import { askServer } from '../remote.ts'
import { isList } from '../render.ts'
import type { Environment } from '../terminal.ts'
import type { Candidate } from './candidates.ts'

const patienceMs = 300

type Source = { readonly list: string; readonly field: string; readonly note?: string }

const profiles: Source = { list: 'profiles.list', field: 'name', note: 'model' }
const routes: Source = { list: 'routes.list', field: 'name' }
const connections: Source = { list: 'connections.list', field: 'name', note: 'provider' }
const calls: Source = { list: 'calls.list', field: 'id', note: 'requested_name' }

/** By the name of the argument or flag. */
const sources: Readonly<Record<string, readonly Source[]>> = {
  provider: [{ list: 'providers.list', field: 'name', note: 'base_url' }],
  connection: [connections],
  twin: [connections],
  profile: [profiles],
  route: [routes],
  model: [profiles, routes],
  key: [{ list: 'keys.list', field: 'name', note: 'kind' }],
  card: [{ list: 'rates.list', field: 'id', note: 'model' }],
  call: [calls],
}

export async function namesFor(wants: string, options: CommonOptions, environment: Environment): Promise<readonly Candidate[]> {
  const url = options.settings.admin_url.said ?? liveServer(options.home, options.database)?.admin_url
  if (url === undefined) return []
  const asked = (sources[wants] ?? []).map(async ({ list, field, note }) => {
    const operation = operations.find((each: Operation) => each.name === list)
    if (operation === undefined) return []
    const answer = await askServer(url, operation, { limit: 200 }, options, environment, patienceMs)
    return isList(answer) ? answer.items.map((item) => candidateOf(item, field, note)) : []
  })
  return (await Promise.all(asked)).flat()
}

function candidateOf(item: Json, field: string, note: string | undefined): Candidate {
  return { value: String(at(item, field) ?? ''), note: note === undefined ? '' : String(at(item, note) ?? '') }
}

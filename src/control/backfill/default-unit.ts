/** The default of a file: provider and model from the first layer that has them by choice, and its tuning field by field from the same layers. */

import { isObject, type JsonObject } from '../../core/json.ts'
import { isInjectedTuning, isInjectedUnit } from './injected.ts'
import { type Cell, note } from './notes.ts'
import { child, member, textIn } from './pointer.ts'
import type { Body, Reading } from './reading.ts'
import { tuningOf } from './tuning.ts'
import { type Said, saidBy, splitModel, type Unit, unitOf } from './units.ts'
import { vendorOf } from './vendors.ts'

type Layer = { readonly fragment: JsonObject; readonly said: Said; readonly injected: boolean; readonly beforeModes: boolean }

export type DefaultUnit = {
  /** Null: the file has none, or it is undecided. */
  readonly body: (Body & { readonly cells: Unit['cells'] }) | null
  /** The default, whole or half, stands on the user's own machine: then nothing is guessed that leaves it. */
  readonly local: boolean
}

export function defaultUnit(reading: Reading): DefaultUnit {
  const layers = layersOf(reading)
  const tuning = layeredTuning(reading, layers)
  const chosen = chooseLayer(reading, layers)
  const local = layers.some(({ said, injected }) => !injected && isLocal(reading, said))
  if (chosen === undefined) return { body: null, local }
  const unit = unitOf(reading, chosen.said, {
    beforeModes: chosen.beforeModes,
    provenance: isInjectedUnit(chosen.said.provider, chosen.said.model) ? 'injected' : 'user',
  })
  if ('why' in unit) {
    note(reading.notes, 'undecided', chosen.said.pointer === '' ? '/model' : child(chosen.said.pointer, 'model'), unit.why, {
      kind: 'route',
      name: 'default',
    })
    if (chosen.said.provider !== undefined)
      note(reading.notes, 'undecided', child(chosen.said.pointer, 'provider'), unit.why, { kind: 'route', name: 'default' })
    if (chosen.said.connection !== undefined)
      note(reading.notes, 'undecided', child(chosen.said.pointer, 'provider_connection'), unit.why, { kind: 'route', name: 'default' })
    return { body: null, local }
  }
  return { body: { target: unit.target, tuning, cells: unit.cells }, local }
}

function isLocal(reading: Reading, { provider, connection }: Said): boolean {
  const row = reading.rows.get(connection ?? '') ?? reading.rows.get(provider ?? '')
  return row !== undefined ? (reading.paying.get(row.name)?.local ?? false) : provider !== undefined && vendorOf(provider)?.local === true
}

/** From the newest to the oldest. */
function layersOf({ config }: Reading): Layer[] {
  const llm = member(member(config, 'llm'), 'default')
  const inference = member(member(config, 'services'), 'inference')
  const layer = (fragment: JsonObject, pointer: string): Layer => {
    const said = saidBy(fragment, pointer)
    const injected = pointer === '/llm/default' && isInjectedUnit(said.provider, said.model)
    return { fragment, said: splitModel(said), injected, beforeModes: pointer === '' }
  }
  return [
    ...(isObject(llm) ? [layer(llm, '/llm/default')] : []),
    ...(isObject(inference) ? [layer(inference, '/services/inference')] : []),
    layer(config, ''),
  ]
}

/** An incomplete unit stops the search: who wrote it meant something, and filling it up from below would be a guess. Only an echo of the source's own default does not. */
function chooseLayer(reading: Reading, layers: readonly Layer[]): Layer | undefined {
  const { notes } = reading
  const saying = layers.filter(({ said }) => said.provider !== undefined || said.model !== undefined)
  const ignored = ignoredByDefaultProvider(reading)
  const own = saying.find((layer) => !layer.injected)
  const standIn = saying.find((layer) => layer.injected && layer.said.provider !== undefined && layer.said.model !== undefined)
  const wins = own ?? (ignored ? undefined : standIn)
  for (const layer of saying) {
    const whole = layer.said.provider !== undefined && layer.said.model !== undefined
    if (layer === wins && whole && !ignored) continue
    const [action, reason] =
      !whole && !(layer.injected && own !== undefined && isWhole(own))
        ? (['undecided', 'half_unit'] as const)
        : ignored && layer === wins
          ? (['undecided', 'another_default_provider'] as const)
          : (['skip', layer.injected ? 'injected' : 'overruled'] as const)
    const provenance = layer.injected ? 'injected' : 'user'
    if (layer.said.provider !== undefined && textIn(layer.fragment, 'provider') !== undefined)
      note(notes, action, child(layer.said.pointer, 'provider'), reason, { kind: 'route', name: 'default', provenance })
    if (textIn(layer.fragment, 'model') !== undefined)
      note(notes, action, child(layer.said.pointer, 'model'), reason, { kind: 'route', name: 'default', provenance })
    if (layer.said.connection !== undefined)
      note(notes, action, child(layer.said.pointer, 'provider_connection'), reason, { kind: 'route', name: 'default', provenance })
  }
  return wins !== undefined && isWhole(wins) && !ignored ? wins : undefined
}

function isWhole({ said }: Layer): boolean {
  return said.provider !== undefined && said.model !== undefined
}

/** From July on the source looked at this word alone. Where it names another provider, the older words are not what the user has. */
function ignoredByDefaultProvider({ config, notes }: Reading): boolean {
  const llm = member(config, 'llm')
  const named = textIn(llm, 'defaultProvider')
  if (named === undefined || named === textIn(member(llm, 'default'), 'provider')) return false
  note(notes, 'undecided', '/llm/defaultProvider', 'no_model', { kind: 'route', name: 'default' })
  return true
}

function layeredTuning(reading: Reading, layers: readonly Layer[]): Record<string, Cell> {
  const chosen: Record<string, Cell> = {}
  for (const { fragment, said } of layers) {
    const unless = said.pointer === '/llm/default' ? isInjectedTuning : undefined
    for (const [field, each] of Object.entries(tuningOf(reading.notes, fragment, said.pointer, unless))) {
      if (Object.hasOwn(chosen, field)) note(reading.notes, 'skip', each.pointer, 'overruled', { field })
      else chosen[field] = each
    }
  }
  return chosen
}

/** Provider and model, which are one unit: from a fragment of the file to a target here, with the cells that say where each part came from. */

import type { JsonObject } from '../../core/json.ts'
import { payFor, platformFor, subscriptionFor, type Unpaid } from './connections.ts'
import { type Cell, cell, derived } from './notes.ts'
import { child, textIn } from './pointer.ts'
import type { Paying, Reading, Target } from './reading.ts'
import { identities, ownerOf, vendorOf, vendorOfProvider } from './vendors.ts'

export type Unit = { readonly target: Target; readonly cells: Readonly<Record<string, Cell>> }
/** `half`: provider and model are known, and only who pays is not. */
export type NoUnit = { readonly why: string; readonly pointer: string; readonly half?: Unit }

/** What a fragment says, in its own words. */
export type Said = {
  readonly pointer: string
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly connection: string | undefined
  /** The provider is the model's owner, and nothing in the file says it. */
  readonly byOwner?: true
}

export function saidBy(fragment: JsonObject, pointer: string): Said {
  return {
    pointer,
    provider: textIn(fragment, 'provider'),
    model: textIn(fragment, 'model'),
    connection: textIn(fragment, 'provider_connection'),
  }
}

/** A model alone may carry its provider in front, up to the first slash; everything behind it is the model, with its slashes. */
export function splitModel(said: Said): Said {
  if (said.provider !== undefined || said.model === undefined) return said
  const slash = said.model.indexOf('/')
  const before = said.model.slice(0, Math.max(slash, 0))
  const isProvider = vendorOf(before) !== undefined || before === identities.platform
  return isProvider && slash < said.model.length - 1 ? { ...said, provider: before, model: said.model.slice(slash + 1) } : said
}

export type Manner = { readonly beforeModes?: boolean; readonly provenance?: 'user' | 'injected' }

/** The target of a whole unit. `said.model` is there. */
export function unitOf(reading: Reading, said: Said, manner: Manner = {}): Unit | NoUnit {
  const { model, connection, pointer } = said
  const places = { provider: child(pointer, 'provider'), model: child(pointer, 'model'), connection: child(pointer, 'provider_connection') }
  if (model === undefined) return { why: 'half_unit', pointer }
  if (said.provider === identities.platform && connection === undefined) return byIdentity(reading, said, model, places)
  const paying =
    said.provider === identities.subscription && connection === undefined
      ? subscriptionFor(reading, places.provider)
      : payFor(reading, {
          provider: said.provider,
          connection,
          pointer: said.provider === undefined || said.byOwner ? places.model : places.provider,
          beforeModes: manner.beforeModes === true,
        })
  if ('why' in paying) return unpaid(reading, said, model, places, paying)
  return unit(reading, said, model, places, paying, manner.provenance)
}

type Places = { readonly provider: string; readonly model: string; readonly connection: string }

function byIdentity(reading: Reading, said: Said, model: string, places: Places): Unit | NoUnit {
  const slash = model.indexOf('/')
  const rest = model.slice(slash + 1)
  if (slash < 1 || rest === '') return { why: 'no_provider_in_model', pointer: places.model }
  const paying = platformFor(reading, model.slice(0, slash), places.provider)
  return 'why' in paying ? { why: paying.why, pointer: places.model } : unit(reading, said, rest, places, paying)
}

function unit(reading: Reading, said: Said, model: string, places: Places, paying: Paying, provenance: 'user' | 'injected' = 'user'): Unit {
  const owner = ownerOf(model, reading.models)
  const makes = vendorOfProvider(paying.provider)
  const strange = owner !== undefined && makes !== undefined && owner !== paying.provider && !serves(reading, paying.provider, model)
  const rule = strange ? 'model_of_another_provider' : 'unit'
  return {
    target: { paying, provider: paying.provider, model, local: paying.local },
    cells: {
      provider:
        said.provider === undefined || said.byOwner
          ? derived(paying.provider, places.model, said.byOwner ? 'owner_of_model' : 'by_partner')
          : cell(paying.provider, places.provider, 'unit', provenance),
      connection:
        said.connection === undefined
          ? derived(paying.name, said.provider === undefined || said.byOwner ? places.model : places.provider, 'who_pays')
          : cell(paying.name, places.connection, 'named_connection', provenance),
      model: cell(model, places.model, rule, provenance),
    },
  }
}

function serves({ models }: Reading, provider: string, model: string): boolean {
  return models.get(model)?.has(provider) === true
}

/** Where only the payer is not known, the rest can stand, out of use. */
function unpaid(reading: Reading, said: Said, model: string, places: Places, { why, dangling }: Unpaid): NoUnit {
  const vendor = said.provider === undefined ? undefined : vendorOf(said.provider)
  const pointer = dangling === true ? places.connection : said.pointer
  if (vendor === undefined || !reading.providers.has(vendor.provider)) return { why, pointer }
  const target: Target = { paying: null, provider: vendor.provider, model, local: vendor.local }
  const cells = {
    provider: said.byOwner ? derived(vendor.provider, places.model, 'owner_of_model') : cell(vendor.provider, places.provider, 'unit'),
    model: cell(model, places.model, 'unit'),
    disabled: derived(true, pointer, why),
  }
  return { why, pointer, half: { target, cells } }
}

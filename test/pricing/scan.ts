/** The card in force, found the slow way: every card against every candidate, written apart from the product as its reference. */

import type { CardQuery } from '../../src/pricing/cards.ts'
import type { AliasRow, CardRow, RateRows } from '../../src/pricing/rows.ts'

type Way = { id: string; date: boolean; region: boolean; alias: boolean; asked: boolean }

export function scan(rows: RateRows, query: CardQuery): [string, string] | undefined {
  return round(rows, query, (text) => text) ?? round(rows, query, (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
}

function round(rows: RateRows, query: CardQuery, spell: (text: string) => string): [string, string] | undefined {
  let reported = query.reportedModel
  let requested = query.requestedModel
  if (reported && requested) {
    const [longer, shorter] = reported.length > requested.length ? [reported, requested] : [requested, reported]
    const cut = longer.lastIndexOf(':')
    if (cut > 0 && longer.slice(0, cut).toLowerCase() === shorter.toLowerCase()) [reported, requested] = [longer, null]
  }
  const ways = [false, true].flatMap((region) => [false, true].map((date) => ({ region, date })))
  ways.sort((a, b) => Number(a.region) - Number(b.region) || Number(a.date) - Number(b.date))
  const order: Way[] = []
  for (const { region, date } of ways) {
    for (const asked of [false, true]) {
      const source = asked ? requested : reported
      if (!source) continue
      let id = spell(source)
      const before = id
      if (region)
        for (const prefix of Object.keys(query.prefixes ?? {})) if (id.startsWith(prefix) && id !== prefix) id = id.slice(prefix.length)
      const regionOff = id !== before
      const undated = date ? id.replace(/[-@]([0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2})$/, '') : id
      const way = { region: regionOff, date: undated !== id, asked }
      order.push({ ...way, id: undated, alias: false })
      const target = aliased(rows.aliases ?? [], undated, query, spell)
      if (target !== undefined) order.push({ ...way, id: target, alias: true })
    }
  }
  const hits: { card: CardRow; way: Way; place: number }[] = []
  for (const card of rows.cards) {
    if (card.provider_id !== query.providerId || card.effective_from > query.at || card.recorded_at > query.knownAt) continue
    if (card.connection_id !== null && card.connection_id !== query.connectionId) continue
    if ((rows.voids ?? []).some((row) => row.rate_card_id === card.id && row.recorded_at <= query.knownAt)) continue
    for (const [place, way] of order.entries()) {
      if (way.asked && reported && rank(card) === 2) continue
      if (fits(card, spell(card.model), way.id)) hits.push({ card, way, place })
    }
  }
  const key = ({ card, place }: (typeof hits)[number]): (number | string)[] => [
    card.connection_id === null ? 1 : 0,
    rank(card),
    ['exact', 'prefix', 'glob'].indexOf(card.match_mode),
    card.match_mode === 'exact' ? 0 : -card.model.replace(card.match_mode === 'glob' ? /[*?]/g : /$^/, '').length,
    card.match_mode === 'exact' ? '' : card.model,
    place,
    -card.effective_from,
    -Number(card.revision),
    card.model,
  ]
  hits.sort((a, b) => {
    const [one, two] = [key(a), key(b)]
    const differs = one.findIndex((part, index) => part !== two[index])
    return differs < 0 ? 0 : one[differs]! < two[differs]! ? -1 : 1
  })
  const best = hits[0]
  if (best === undefined) return undefined
  const { card, way } = best
  return [
    card.id,
    card.match_mode !== 'exact' ? card.match_mode : way.region ? 'region' : way.date ? 'dated' : way.alias ? 'alias' : 'exact',
  ]
}

function rank(card: CardRow): number {
  return card.source === 'user_override' ? 0 : card.source.startsWith('import') ? 1 : 2
}

function fits(card: CardRow, pattern: string, id: string): boolean {
  if (card.match_mode === 'exact') return pattern === id
  if (card.match_mode === 'prefix') return id.slice(0, pattern.length) === pattern
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 'su').test(id)
}

function aliased(aliases: readonly AliasRow[], id: string, query: CardQuery, spell: (text: string) => string): string | undefined {
  const live = aliases.filter(
    (row) =>
      row.provider_id === query.providerId && spell(row.alias) === id && row.effective_from <= query.at && row.recorded_at <= query.knownAt,
  )
  live.sort((a, b) => b.effective_from - a.effective_from || Number(b.revision - a.revision) || (a.alias < b.alias ? -1 : 1))
  const model = live[0]?.model
  return model === undefined || model === null ? undefined : spell(model)
}

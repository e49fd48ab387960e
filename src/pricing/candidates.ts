/** The ids under which the card of an answer may stand, in order of trust: reported, requested, their aliases, then both without date and region. */

/** One id to look for. `operatorOnly`: another model answered, so only a card that an operator gave may match it. */
export type Candidate = {
  readonly id: string
  readonly dated: boolean
  readonly region: boolean
  readonly alias: boolean
  readonly operatorOnly: boolean
}

/** The model of an alias at (T, K); undefined where there is none or it is retired. */
export type AliasOf = (alias: string) => string | undefined

export type Asked = { readonly requested: string | null; readonly reported: string | null }

/** Region prefixes of a provider's model ids (`us.`), each with the region it stands for. */
export type Prefixes = Readonly<Record<string, string>>

const dateSuffix = /[-@](\d{8}|\d{4}-\d{2}-\d{2})$/
const noPrefixes: Prefixes = {}

/** A variant is its own model: `m:free` beside `m` counts as reported, whichever of the two was asked, and the other says nothing. */
export function settleVariant(asked: Asked): Asked {
  const { requested, reported } = asked
  if (requested === null || reported === null) return asked
  if (isVariantOf(requested, reported)) return { requested: null, reported: requested }
  if (isVariantOf(reported, requested)) return { requested: null, reported }
  return asked
}

/** The candidates of `asked` (variants settled), earliest first, each id once. */
export function candidates(asked: Asked, aliasOf: AliasOf, prefixes: Prefixes = noPrefixes): readonly Candidate[] {
  const found: Candidate[] = []
  const add = (id: string | undefined, kind: Omit<Candidate, 'id'>): void => {
    if (id === undefined || id === '') return
    if (found.some((earlier) => earlier.id === id && (!earlier.operatorOnly || kind.operatorOnly))) return
    found.push({ id, ...kind })
  }
  for (const [dated, region] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    for (const [id, operatorOnly] of [
      [asked.reported, false],
      [asked.requested, asked.reported !== null],
    ] as const) {
      if (id === null) continue
      const bare = region ? withoutPrefix(id, prefixes) : id
      const name = dated ? bare.replace(dateSuffix, '') : bare
      const kind = { dated: dated && name !== bare, region: region && bare !== id, operatorOnly }
      add(name, { ...kind, alias: false })
      add(aliasOf(name), { ...kind, alias: true })
    }
  }
  return found
}

/** ASCII letters in lower case, all else as it is. */
export function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text
}

function isVariantOf(variant: string, model: string): boolean {
  const colon = variant.lastIndexOf(':')
  return colon > 0 && asciiLower(variant.slice(0, colon)) === asciiLower(model)
}

function withoutPrefix(id: string, prefixes: Prefixes): string {
  for (const prefix in prefixes) if (id.length > prefix.length && id.startsWith(prefix)) return id.slice(prefix.length)
  return id
}

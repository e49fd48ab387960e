/** A borderless table: columns two spaces apart, cut to fit, with nothing in it that could steer a terminal. */

export type TableColumn = {
  readonly title: string
  /** Numbers: cut only where nothing else is left to cut, for a part of an amount is another amount. */
  readonly right?: boolean
  /** It is there to be copied, so it is cut as late. */
  readonly whole?: boolean
  /** Instants, which say less instead of being cut. */
  readonly instant?: boolean
  /** An id beside what a person knows a thing by: it makes room first. */
  readonly id?: boolean
}

const gap = 2
const isText = ({ right, whole, instant, id }: TableColumn): boolean => !right && !whole && !instant && !id

/** What yields first where a line is too long, and how far. */
const yielding: readonly { readonly may: (column: TableColumn) => boolean; readonly narrowest: number }[] = [
  { may: ({ id }) => id === true, narrowest: 9 },
  { may: isText, narrowest: 14 },
  { may: ({ instant }) => instant === true, narrowest: 11 },
  { may: isText, narrowest: 6 },
  { may: () => true, narrowest: 6 },
]

/** Lines of at most `width` columns, the titles first. Ends without a line break. */
export function renderTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[], width: number): string {
  const cells = [columns.map((column) => column.title), ...rows].map((row) => columns.map((_column, place) => printable(row[place] ?? '')))
  const widths = fit(
    columns.map((_column, place) => Math.max(...cells.map((row) => widthOf(row[place]!)))),
    columns,
    width,
  )
  return cells.map((row) => line(row, columns, widths)).join('\n')
}

function line(row: readonly string[], columns: readonly TableColumn[], widths: readonly number[]): string {
  const padded = row.map((cell, place) => {
    const cut = cutTo(columns[place]!.instant ? shortInstant(cell, widths[place]!) : cell, widths[place]!)
    const blank = ' '.repeat(widths[place]! - widthOf(cut))
    return columns[place]!.right ? blank + cut : cut + blank
  })
  return padded.join(' '.repeat(gap)).trimEnd()
}

/** An instant without its year, and without its seconds where they have no room either. */
function shortInstant(text: string, width: number): string {
  const [, date, minute, second] = /^\d{4}-(\d\d-\d\d)T(\d\d:\d\d)(:\d\d)Z$/.exec(text) ?? []
  if (date === undefined || widthOf(text) <= width) return text
  const whole = `${date} ${minute}${second}`
  return whole.length <= width ? whole : `${date} ${minute}`
}

/** Takes from the widest column until all fit, from those that yield first. */
function fit(wanted: readonly number[], columns: readonly TableColumn[], width: number): readonly number[] {
  const widths = [...wanted]
  let excess = widths.reduce((sum, each) => sum + each, 0) + gap * (widths.length - 1) - width
  for (const { may, narrowest } of yielding)
    while (excess > 0) {
      const broadest = broadestOf(widths, (place) => may(columns[place]!) && widths[place]! > narrowest)
      if (broadest === undefined) break
      widths[broadest]! -= 1
      excess -= 1
    }
  return widths
}

/** The place of the widest that may still be cut. */
function broadestOf(widths: readonly number[], may: (place: number) => boolean): number | undefined {
  let broadest: number | undefined
  for (const [place, width] of widths.entries()) if (may(place) && (broadest === undefined || width > widths[broadest]!)) broadest = place
  return broadest
}

export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const next = widthOf(segment)
    if (used + next > width - 1) break
    kept += segment
    used += next
  }
  return `${kept}…`
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** Columns that a text takes: two for wide letters and emoji, none for marks that combine. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text))
    width += wide.test(segment) ? 2 : /^\p{Mark}+$|^[\u200b-\u200f\u2060]$/u.test(segment) ? 0 : 1
  return width
}

/** Control characters, escape sequences and letters that turn the direction of text, each as one visible mark. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (mark) => (mark === '\n' || mark === '\t' ? ' ' : '�'))
}

/** Globs over ids: `*` is any text, `?` any one character, everything else is itself. */

/** Whether the glob matches the whole text. It goes back to the last star only, so it takes at most glob × text steps. */
export function globMatches(glob: string, text: string): boolean {
  const pattern = [...glob]
  const characters = [...text]
  let place = 0
  let here = 0
  let star = -1
  let retry = 0
  while (here < characters.length) {
    if (pattern[place] === '*') {
      star = place++
      retry = here
    } else if (place < pattern.length && (pattern[place] === '?' || pattern[place] === characters[here])) {
      place++
      here++
    } else if (star >= 0) {
      place = star + 1
      here = ++retry
    } else return false
  }
  while (pattern[place] === '*') place++
  return place === pattern.length
}

/** How much a glob says: its characters other than `*` and `?`. */
export function globLiterals(glob: string): number {
  return [...glob].filter((character) => character !== '*' && character !== '?').length
}

/** Patterns over model ids: `*` stands for any characters, `?` for one. Everything else is itself. */

/** Linear in practice and without backtracking over more than the last star, so that no pattern is slow on any id. */
export function matches(pattern: string, id: string): boolean {
  let at = 0
  let here = 0
  let star = -1
  let resume = 0
  while (here < id.length) {
    if (pattern[at] === '*') {
      star = at
      resume = here
      at += 1
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === id[here])) {
      at += 1
      here += 1
    } else if (star >= 0) {
      at = star + 1
      resume += 1
      here = resume
    } else {
      return false
    }
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}

/** How much a pattern says: its characters other than `*` and `?`. */
export function literalLength(pattern: string): number {
  return pattern.replaceAll(/[*?]/g, '').length
}

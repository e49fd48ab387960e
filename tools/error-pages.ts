/** The pages of `docs/errors`: one for each kind and each code, and a list of all, with the facts read off the tables that the product uses. */

import { exitCodeOf } from '../src/cli/failure.ts'
import { errorHeaders } from '../src/contracts/answers.ts'
import { type ErrorKind, errorKinds, PurserError } from '../src/core/errors.ts'
import { codeNotes, kindNotes } from './error-notes.ts'

const faults = {
  caller: 'whoever called',
  operator: 'whoever runs this Purser',
  provider: 'the provider',
  gateway: 'this Purser or its machine',
} as const

/** Page by path. */
export function renderErrorPages(): Readonly<Record<string, string>> {
  const kinds = Object.keys(errorKinds) as ErrorKind[]
  const pages: Record<string, string> = { 'docs/errors/README.md': list(kinds) }
  for (const kind of kinds) pages[`docs/errors/${kind}.md`] = page(kind, [factsOf(kind)], kindNotes[kind], codesOf(kind))
  for (const [code, note] of Object.entries(codeNotes)) {
    pages[`docs/errors/${code}.md`] = page(
      code,
      note.kinds.map((kind) => factsOf(kind, code)),
      note,
      [],
    )
  }
  return pages
}

function page(
  name: string,
  facts: readonly string[],
  note: { readonly means: string; readonly act: string },
  codes: readonly string[],
): string {
  const finer = codes.length === 0 ? '' : `\n## Finer\n\n${codes.map((code) => `- [\`${code}\`](${code}.md)`).join('\n')}\n`
  return `# \`${name}\`\n\n${facts.join('\n')}\n\n## What it means\n\n${note.means}\n\n## What to do\n\n${note.act}\n${finer}`
}

function factsOf(kind: ErrorKind, code?: string): string {
  const error = new PurserError(kind, '', code === undefined ? {} : { code })
  const { status, fault } = errorKinds[kind]
  const retry = errorHeaders(error, '')['x-should-retry'] === undefined
  const named = code === undefined ? 'Kind' : `Code of the kind [\`${kind}\`](${kind}.md)`
  return `${named} · HTTP ${status} · exit code ${exitCodeOf(error)} · at fault: ${faults[fault]} · ${retry ? 'another try may help' : 'another try alone does not help'}`
}

function codesOf(kind: ErrorKind): readonly string[] {
  return Object.keys(codeNotes)
    .filter((code) => codeNotes[code]!.kinds.includes(kind))
    .sort()
}

function list(kinds: readonly ErrorKind[]): string {
  const rows = kinds.map((kind) => {
    const codes = codesOf(kind).map((code) => `[\`${code}\`](${code}.md)`)
    return `| [\`${kind}\`](${kind}.md) | ${errorKinds[kind].status} | ${exitCodeOf(new PurserError(kind, ''))} | ${codes.join(' ')} |`
  })
  return `# Errors\n\nEvery error has a kind, which decides its HTTP status and exit code, and most have a finer code. Callers get them in the shape of their own contract: see [contracts](../contracts.md).\n\n| kind | HTTP | exit | codes |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

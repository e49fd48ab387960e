/** Generated documents: written with `--write`, otherwise compared, so that a stale one is red. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { renderCli } from '../src/cli/reference.ts'
import { renderHttp, renderOpenApi } from '../src/http/reference.ts'
import { renderSchema } from '../src/store/print.ts'
import { renderRegistry } from '../src/store/registry.ts'
import { renderErrorPages } from '../tools/error-pages.ts'
import { renderContracts } from './contracts/render-contracts.ts'

const documents: Readonly<Record<string, () => string>> = {
  'docs/schema.sqlite.sql': () => renderSchema('sqlite'),
  'docs/schema.postgres.sql': () => renderSchema('postgres'),
  'docs/openapi.json': renderOpenApi,
  'docs/http-api.md': renderHttp,
  'docs/cli.md': renderCli,
  'docs/contracts.md': renderContracts,
  'src/store/migrations/index.ts': () => renderRegistry(filesIn('src/store/migrations')),
}

const write = process.argv.includes('--write')
let stale = 0
const pages = { ...Object.fromEntries(Object.entries(documents).map(([path, render]) => [path, render()])), ...renderErrorPages() }
for (const [path, fresh] of Object.entries(pages)) {
  if (write) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, fresh)
  } else if (read(path) !== fresh) {
    stale += 1
    process.stderr.write(`${path} is stale. Write it anew: npm run docs\n`)
  }
}
process.exitCode = stale === 0 ? 0 : 1

function filesIn(folder: string): { readonly name: string; readonly text: string }[] {
  return readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

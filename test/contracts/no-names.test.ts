import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { shippedManifest } from '../../src/catalog/manifest.ts'

/** Names of contracts hold the names of who published them; a path of the catalogue is data. */
const contractIds =
  /\b(?:openai-(?:chat|responses|embeddings)|anthropic-messages|gemini-generate|mistral-chat|cohere-chat|bedrock-converse)\b/g

/** The prefix under which profiles are published to tools that show only names with it: a name of Purser's own, and no provider's. */
const allowed: ReadonlySet<string> = new Set(['src/routing/resolve.ts: anthropic'])

/** Rows that Purser ships for itself, and words that are no name of a company in code. */
const ours = new Set(['simulated', 'simulated-anthropic'])
const companies = shippedManifest()
  .providers.map(({ name }) => name)
  .filter((name) => !ours.has(name))

/** A comparison with the name, a table keyed by it, or a search for it: the ways in which code tests for a company. */
function testsFor(name: string): RegExp {
  const quoted = `['"\`]${name}['"\`]`
  return new RegExp(
    [
      `[=!]==?\\s*${quoted}`,
      `${quoted}\\s*[=!]==?`,
      `case\\s+${quoted}`,
      `(?:startsWith|endsWith|includes|has|get|indexOf)\\(\\s*${quoted}`,
      `\\[\\s*${quoted}\\s*\\]`,
      `is${name.replace(/[^a-z]/g, '')}\\b`,
    ].join('|'),
    'i',
  )
}

function namesTested(text: string): readonly string[] {
  const bare = text.replaceAll(contractIds, '')
  return companies.filter((name) => testsFor(name).test(bare))
}

test('no code tests for the name of a provider: what differs is data', () => {
  const files = globSync('src/**/*.ts').filter((path) => !path.startsWith('src/catalog/'))
  assert.ok(files.length > 100)
  const found = files.flatMap((path) => namesTested(readFileSync(path, 'utf8')).map((name) => `${path}: ${name}`))
  assert.deepEqual(
    found.filter((one) => !allowed.has(one)),
    [],
  )
})

test('a test for a name is seen in each of its forms, and the id of a contract is none', () => {
  const forms = [
    "if (provider.name === 'groq')",
    'if ("mistral" == x)',
    "case 'xai':",
    "name.includes('deepseek')",
    'const isOpenRouter = 1',
    "quirks['together']",
  ]
  for (const form of forms) assert.equal(namesTested(form).length, 1, form)
  assert.deepEqual(namesTested("if (contract === 'openai-chat') return 'anthropic-messages'"), [])
})

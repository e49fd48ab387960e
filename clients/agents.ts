/** Coding agents that need nothing of the outside: a text turn and a whole tool loop each, with a home of their own. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

export type Cell = {
  readonly home: string
  readonly work: string
  readonly url: string
  readonly key: string
  readonly packages: string
  readonly path: string
}

export type Agent = {
  readonly name: string
  /** The contract that it speaks to Purser. */
  readonly contract: 'openai-chat' | 'anthropic-messages'
  command(cell: Cell, model: string): { readonly argv: readonly string[]; readonly environment: Readonly<Record<string, string>> }
}

export const prompt = 'Count the coins twice'

export const agents: readonly Agent[] = [
  {
    name: 'copilot',
    contract: 'openai-chat',
    command: (cell, model) => copilot(cell, model, { COPILOT_PROVIDER_BASE_URL: `${cell.url}/v1` }),
  },
  {
    name: 'copilot',
    contract: 'anthropic-messages',
    command: (cell, model) => copilot(cell, model, { COPILOT_PROVIDER_BASE_URL: cell.url, COPILOT_PROVIDER_TYPE: 'anthropic' }),
  },
  { name: 'opencode', contract: 'openai-chat', command: (cell, model) => opencode(cell, model, '@ai-sdk/openai-compatible') },
  { name: 'opencode', contract: 'anthropic-messages', command: (cell, model) => opencode(cell, model, '@ai-sdk/anthropic') },
]

function copilot(cell: Cell, model: string, wiring: Readonly<Record<string, string>>) {
  return {
    argv: [process.execPath, join(cell.packages, '.bin', 'copilot'), '-p', prompt, '--allow-all-tools'],
    environment: { ...base(cell), ...wiring, COPILOT_PROVIDER_API_KEY: cell.key, COPILOT_MODEL: model, COPILOT_OFFLINE: 'true' },
  }
}

function opencode(cell: Cell, model: string, npm: string) {
  const limit = { context: 100_000, output: 4_000 }
  const config = {
    model: `purser/${model}`,
    small_model: `purser/${model}`,
    provider: { purser: { npm, options: { baseURL: `${cell.url}/v1`, apiKey: cell.key }, models: { [model]: { limit } } } },
  }
  return {
    argv: [join(cell.packages, `opencode-${process.platform}-${process.arch}`, 'bin', 'opencode'), 'run', prompt],
    environment: {
      ...base(cell),
      OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
    },
  }
}

/** A cell of its own: an empty home, and a proxy that refuses, so that whatever is asked of the outside fails at once. */
function base(cell: Cell): Record<string, string> {
  for (const folder of [cell.home, cell.work]) mkdirSync(folder, { recursive: true })
  return {
    PATH: cell.path,
    HOME: cell.home,
    TMPDIR: cell.home,
    HTTPS_PROXY: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1,localhost',
  }
}

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { z } from 'zod'
import { operationCommand } from '../../src/cli/operation-command.ts'
import { noPrompts, type Prompts } from '../../src/cli/prompts.ts'
import { processTerminal, type Terminal } from '../../src/cli/terminal.ts'
import { secretFormat } from '../../src/control/fields.ts'
import { operation } from '../../src/control/operation.ts'
import { PurserError } from '../../src/core/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'purser-key-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const takes = operation({
  name: 'things.create',
  summary: 'Make a thing.',
  scope: 'secrets:write',
  effect: 'read',
  positional: [],
  input: z.strictObject({ key: z.string().meta({ format: secretFormat }), note: z.record(z.string(), z.string()).optional() }),
  output: z.object({}),
  columns: [],
  example: 'purser things create --key-stdin',
  run: async () => ({}),
})

async function given(args: readonly string[], more: Partial<Terminal> = {}): Promise<unknown> {
  const got: unknown[] = []
  const terminal: Terminal = { ...processTerminal(), environment: {}, interactive: false, prompts: noPrompts, ...more }
  const command = operationCommand(takes, async (_operation, input) => void got.push(input), terminal)
    .exitOverride()
    .configureOutput({ writeErr() {} })
  await command.parseAsync([...args], { from: 'user' })
  return got[0]
}

test('a key comes from a file or a variable, and spaces around it are no part of it', async () => {
  const path = join(folder, 'key')
  writeFileSync(path, ' canary-file\n')
  assert.deepEqual(await given(['--key-file', path]), { key: 'canary-file' })
  assert.deepEqual(await given(['--key-env', 'SOME_KEY'], { environment: { SOME_KEY: 'canary-env ' } }), { key: 'canary-env' })
})

test('a person at a terminal is asked for it, unseen; where nobody can be asked the flags are named', async () => {
  const prompts: Prompts = { ...noPrompts, secret: async () => 'canary-typed' }
  assert.deepEqual(await given([], { interactive: true, prompts }), { key: 'canary-typed' })
  await assert.rejects(given([]), /Give it with --key-stdin, --key-env VARIABLE or --key-file PATH/)
})

test('what gives no key, or two, is refused, and no refusal repeats one', async () => {
  const path = join(folder, 'empty')
  writeFileSync(path, '\n')
  for (const args of [
    ['--key-file', path],
    ['--key-file', join(folder, 'none')],
    ['--key-env', 'UNSET'],
    ['--key-file', path, '--key-env', 'A'],
    ['--set', 'key=canary'],
  ]) {
    await assert.rejects(
      given(args),
      (error) => error instanceof PurserError && error.kind === 'invalid_request' && !error.message.includes('canary'),
    )
  }
  await assert.rejects(given(['--key', 'canary']), (error: Error) => !error.message.includes('canary'))
})

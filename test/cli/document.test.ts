import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { operationCommand } from '../../src/cli/operation-command.ts'
import { documentFormat } from '../../src/control/fields.ts'
import type { Operation } from '../../src/control/operation.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { temporaryHome } from './screen.ts'

const reads: Operation = {
  ...{ name: 'papers.read', summary: 'Reads.', scope: 'usage:read', effect: 'read', positional: [], flags: { file: 'document' } },
  input: z.strictObject({ document: z.string().meta({ format: documentFormat }) }),
  ...{ output: z.object({}), columns: [], example: 'purser papers read -f FILE', run: async () => ({}) },
}

test('a field that is a document is given as a file, and its text is what the operation gets', async (t) => {
  const path = join(temporaryHome(t), 'paper.txt')
  writeFileSync(path, '{ "not": "read as JSON" }\n')
  for (const flag of ['-f', '--file']) {
    const got: JsonObject[] = []
    const command = operationCommand(reads, async (_operation, input) => void got.push(input))
    await command.exitOverride().parseAsync([flag, path], { from: 'user' })
    assert.deepEqual(got, [{ document: '{ "not": "read as JSON" }\n' }])
    await assert.rejects(command.parseAsync([flag, `${path}x`], { from: 'user' }), /--file names .*, which cannot be read/)
  }
})

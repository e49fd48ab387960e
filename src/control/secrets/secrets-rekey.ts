/** The operation that puts another key-encryption key in the place of the present one: every data key is wrapped and every binding proven anew, in one batch. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { kekOf, keyringOf, proves } from '../../net/kek.ts'
import { rewrap } from '../../net/sealed.ts'
import { change } from '../change.ts'
import { updateRow } from '../row-statements.ts'
import { newKek, readLines, writeKeks } from './kek-file.ts'
import { compiled, keyringOf as keysOf } from './plan.ts'

/**
 * The file holds the new key above the old one before a row counts on it, and the new one alone once no row needs the other. Whatever
 * ends this in between, both can be read, and running it again finishes.
 */
export const secretsRekey = change({
  name: 'secrets.rekey',
  summary: 'Replace the key-encryption key: every sealed secret and binding moves to the new one in one batch.',
  scope: 'secrets:write',
  effect: 'write',
  positional: [],
  input: z.strictObject({}),
  output: z.object({ kid: z.string(), sealed: z.int(), bindings: z.int() }),
  columns: [
    { field: 'kid', title: 'KEY' },
    { field: 'sealed', title: 'SEALED', show: 'right' },
    { field: 'bindings', title: 'BINDINGS', show: 'right' },
  ],
  example: 'purser secrets rekey',
  async plan(context) {
    const { read } = context.store
    const path = context.home?.kek
    if (path === undefined) throw new PurserError('unsupported', 'This Purser has no home, and so no file of a key-encryption key.')
    const keyring = keysOf(context)
    const line = newKek()
    const fresh = kekOf(Buffer.from(line, 'hex'))
    const [sealed, bindings] = await Promise.all([
      read.selectFrom('sealed_secrets').selectAll().execute(),
      read.selectFrom('secret_bindings').selectAll().execute(),
    ])
    const moved = sealed.map((row) => ({ id: row.id, columns: rewrap(keyring, fresh, context.random, row) }))
    const shut = moved.filter(({ columns }) => columns === undefined).map(({ id }) => `sealed:${id}`)
    if (shut.length > 0) throw unopened(shut)
    const bound = bindings.filter(({ reference, origin, hmac }) => proves(keyring, reference, origin, hmac))
    return {
      statements: [
        ...moved.map(({ id, columns }) => updateRow(read, 'sealed_secrets', id, columns!)),
        ...bound.map(({ reference, origin }) => {
          const hmac = fresh.prove(reference, origin)
          return compiled(read.updateTable('secret_bindings').set({ hmac }).where('reference', '=', reference).where('origin', '=', origin))
        }),
      ],
      touched: [{ kind: 'secret', id: 'kek', name: 'key-encryption key', before: { kid: keyring.current.kid }, after: { kid: fresh.kid } }],
      ahead() {
        const lines = readLines(path)
        writeKeks(path, [line, ...(Array.isArray(lines) ? lines : [])])
        context.secrets.useKeys(keyringOf([fresh, ...keyring.all.values()]))
      },
      answer(written) {
        if (written !== null) {
          writeKeks(path, [line])
          context.secrets.useKeys(keyringOf([fresh]))
        }
        return { kid: fresh.kid, sealed: moved.length, bindings: bound.length }
      },
    }
  },
})

function unopened(references: readonly string[]): PurserError {
  return new PurserError('conflict', `These do not open with the present key, and would be lost: ${references.join(', ')}.`, {
    code: 'unopened',
    details: { secrets: [...references] },
    hint: 'Enter each again (purser secrets rotate), or remove it, then repeat this.',
  })
}

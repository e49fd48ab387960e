import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileFault } from '../../src/control/home/file-fault.ts'
import { PurserError } from '../../src/core/errors.ts'

const refused = (code: string) => Object.assign(new Error(code), { code, path: '/home/ann/config/pepper', syscall: 'open' })

test('a file that is refused is named with the reason, and a full disk asks for space, not for another folder', () => {
  for (const [code, kind, hint] of [
    ['EACCES', 'store_cannot_open', /--home/],
    ['EXDEV', 'store_cannot_open', /--home/],
    ['ENOSPC', 'disk_full', /space/],
    ['EDQUOT', 'disk_full', /space/],
  ] as const) {
    const error = fileFault(refused(code))
    assert.ok(error instanceof PurserError)
    assert.equal(error.code, kind)
    assert.match(error.message, /^\/home\/ann\/config\/pepper can not be used: /)
    assert.match(error.hint ?? '', hint)
  }
})

test('an error of no file stays what it is', () => {
  for (const thrown of [new PurserError('conflict', 'x'), new Error('x'), 'x']) assert.equal(fileFault(thrown), thrown)
})

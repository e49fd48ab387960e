import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { progressLine, withProgress } from '../../src/cli/progress.ts'
import { widthOf } from '../../src/cli/table.ts'
import { processTerminal } from '../../src/cli/terminal.ts'
import { purser, temporaryHome } from './screen.ts'

test('a bar is as full as the work is done, and never wider or narrower than itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 6000 }), (total, done) => {
      const line = progressLine({ what: 'x', done, total }, 0)
      assert.equal(widthOf(line.split(' ')[0]!), 20)
      assert.equal(line.startsWith('█'.repeat(20)), done >= total)
      assert.equal(line.startsWith('░'), done / total < 1 / 20)
    }),
    { numRuns: 200 },
  )
  assert.match(progressLine({ what: 'apply\u001b[2J', done: 0, total: 0 }, 3210), /^\S apply�\[2J … 3 s$/)
})

test('on a terminal the line is drawn over and taken away; whatever the work answers or throws comes through', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let now = 0
  t.mock.method(performance, 'now', () => now)
  let err = ''
  const terminal = { ...processTerminal(), width: 60, draws: true, err: (text: string) => void (err += text) }
  const answer = await withProgress(terminal, 'waiting', async (tell) => {
    tell('soon over', 1, 2)
    assert.equal(err, '', 'not for what is over at once')
    now = 1000
    tell('step two', 1, 2)
    return 'done'
  })
  assert.equal(answer, 'done')
  const wipe = '\r\u001b[2K'
  assert.equal(err, `${wipe}${'█'.repeat(10)}${'░'.repeat(10)} 1 of 2  step two  1 s${wipe}`)
  await assert.rejects(
    withProgress(terminal, 'failing', async () => Promise.reject(new Error('as it was'))),
    /as it was/,
  )
})

test('off a terminal nothing of it is written', async (t) => {
  const home = { PURSER_HOME: temporaryHome(t) }
  const shown = await purser(['migrate'], home)
  assert.equal(shown.exitCode, 0)
  assert.equal(shown.err, '')
})

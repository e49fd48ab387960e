import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Alarm, Wheel } from '../../src/net/wheel.ts'
import { handClock } from './hand-clock.ts'

test('an alarm rings once, never early, and at most two ticks late; one that was cleared or moved does not ring at its old time', () => {
  const command = fc.oneof(
    fc.record({ do: fc.constant('set' as const), alarm: fc.nat(5), ms: fc.integer({ min: 0, max: 60_000 }) }),
    fc.record({ do: fc.constant('clear' as const), alarm: fc.nat(5) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const clock = handClock()
      const wheel = new Wheel(clock, clock)
      const due = new Map<number, number>()
      const alarms = Array.from(
        { length: 6 },
        (_, name): Alarm => ({
          due: 0,
          next: null,
          previous: null,
          ring(now) {
            const expected = due.get(name)
            assert.ok(expected !== undefined, 'rang although it was not set')
            assert.ok(now >= expected && clock.monotonic() <= expected + 2 * wheel.tickMs, `due ${expected}, rang ${now}`)
            due.delete(name)
          },
        }),
      )
      for (const step of commands) {
        if (step.do === 'set') {
          due.set(step.alarm, clock.monotonic() + step.ms)
          wheel.set(alarms[step.alarm]!, clock.monotonic() + step.ms)
        } else if (step.do === 'clear') {
          due.delete(step.alarm)
          wheel.clear(alarms[step.alarm]!)
        } else clock.advance(step.ms)
      }
      clock.advance(60_000 + 2 * wheel.tickMs)
      assert.equal(due.size, 0, 'something never rang')
      clock.advance(wheel.tickMs)
      assert.equal(clock.armed, 0, 'the wheel turns although nothing is set')
    }),
    { numRuns: 200 },
  )
})

test('an alarm may clear and set others while it rings', () => {
  const clock = handClock()
  const wheel = new Wheel(clock, clock)
  const rang: string[] = []
  const alarm = (name: string, then: () => void = () => {}): Alarm => ({
    due: 0,
    next: null,
    previous: null,
    ring() {
      rang.push(name)
      then()
    },
  })
  const second = alarm('second')
  const third = alarm('third')
  const first = alarm('first', () => {
    wheel.clear(second)
    wheel.set(third, clock.monotonic() + 10)
  })
  wheel.set(first, 100)
  wheel.set(second, 100)
  clock.advance(1_000)
  assert.deepEqual(rang, ['first', 'third'])
})

test('after a loop that stood still for minutes everything overdue rings at once', () => {
  const clock = handClock()
  let late = 0
  const wheel = new Wheel({ now: clock.now, monotonic: () => clock.monotonic() + late }, clock)
  let rang = 0
  for (const ms of [10, 1_000, 30_000, 100_000])
    wheel.set(
      {
        due: 0,
        next: null,
        previous: null,
        ring: () => {
          rang += 1
        },
      },
      ms,
    )
  late = 200_000
  clock.advance(wheel.tickMs)
  assert.equal(rang, 4)
})

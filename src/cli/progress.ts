/** What a long command is at: one line of stderr that is drawn over and leaves nothing behind. Off a terminal there is none. */

import { cutTo, printable } from './table.ts'
import type { Terminal } from './terminal.ts'

/** Says what is at work now, and how much of it is done where that is known. */
export type Tell = (what: string, done?: number, total?: number) => void

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 100
/** What is over sooner than this is not worth a line. */
const patienceMs = 500
const barWidth = 20
const wipe = '\r\u001b[2K'

export async function withProgress<T>(terminal: Terminal, what: string, run: (tell: Tell) => Promise<T>): Promise<T> {
  if (terminal.draws !== true) return run(() => {})
  const began = performance.now()
  let now = { what, done: 0, total: 0 }
  let drawn = false
  const draw = (): void => {
    const passed = performance.now() - began
    if (passed < patienceMs) return
    drawn = true
    terminal.err(wipe + cutTo(progressLine(now, passed), terminal.width - 1))
  }
  const timer = setInterval(draw, frameMs)
  try {
    return await run((what, done = 0, total = 0) => {
      now = { what, done, total }
      // A step may hold the process until it is over, so it is named before it begins.
      draw()
    })
  } finally {
    clearInterval(timer)
    if (drawn) terminal.err(wipe)
  }
}

/** A bar where the total is known, else a mark that turns. */
export function progressLine(now: { readonly what: string; readonly done: number; readonly total: number }, passedMs: number): string {
  const seconds = `${Math.floor(passedMs / 1000)} s`
  const what = printable(now.what)
  if (now.total === 0) return `${frames[Math.floor(passedMs / frameMs) % frames.length]} ${what} … ${seconds}`
  const full = Math.floor((barWidth * Math.min(now.done, now.total)) / now.total)
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${now.done} of ${now.total}  ${what}  ${seconds}`
}

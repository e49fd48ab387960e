/** The terminal as the commands see it, so that a test can pass its own. */

import { homedir } from 'node:os'
import { styleText } from 'node:util'
import { type Prompts, terminalPrompts } from './prompts.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Terminal {
  /** Data. One call, whole lines. */
  out(text: string): void
  /** Progress, warnings and errors. */
  err(text: string): void
  /** The widest line of a table. */
  readonly width: number
  readonly environment: Environment
  readonly userHome: string
  /** Whether a person reads what is written to both streams and can answer. */
  readonly interactive: boolean
  /** Whether a line on stderr may be drawn over: it is a terminal. */
  readonly draws?: boolean
  /** Only where `interactive`. */
  readonly prompts: Prompts
  /** As it stands for a terminal that shows colours, else as it is. */
  paint(style: 'bold' | 'dim' | 'red' | 'yellow', text: string): string
}

const widest = 100

export function processTerminal(): Terminal {
  const colours = coloured(process.env, process.stdout.isTTY === true)
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    width: process.stdout.isTTY ? Math.min(widest, process.stdout.columns || widest) : widest,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true && !process.env.CI,
    draws: process.stderr.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb',
    prompts: terminalPrompts,
    environment: process.env,
    userHome: homedir(),
    paint: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
  }
}

/** NO_COLOR beats FORCE_COLOR, and both beat what the stream is. */
export function coloured(environment: Environment, isTerminal: boolean): boolean {
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return false
  if (environment.FORCE_COLOR !== undefined) return environment.FORCE_COLOR !== '0' && environment.FORCE_COLOR !== 'false'
  return isTerminal && environment.CI === undefined && environment.TERM !== 'dumb'
}

/** Questions to the person at the terminal, on stderr so that stdout stays data. The library that draws them is loaded when the first is asked. */

import { PurserError } from '../core/errors.ts'

export type Choice = { readonly value: string; readonly label: string; readonly hint?: string }

export interface Prompts {
  /** Asks until the text is this one. */
  typed(message: string, expected: string): Promise<void>
  /** A text that is not shown while it is typed. */
  secret(message: string): Promise<string>
  /** Any number of the choices; all of them are marked at first. */
  choose(message: string, choices: readonly Choice[]): Promise<readonly string[]>
}

export const terminalPrompts: Prompts = {
  async typed(message, expected) {
    const { text } = await import('@clack/prompts')
    answered(
      await text({
        message,
        output: process.stderr,
        validate: (value) => (value === expected ? undefined : `Type "${expected}", or press Ctrl-C to leave everything as it is.`),
      }),
    )
  },
  async secret(message) {
    const { password } = await import('@clack/prompts')
    return answered(
      await password({ message, output: process.stderr, validate: (value) => (value ? undefined : 'Type or paste the key.') }),
    )
  },
  async choose(message, choices) {
    const { multiselect } = await import('@clack/prompts')
    const options = choices.map(({ value, label, hint }) => ({ value, label, ...(hint === undefined ? {} : { hint }) }))
    const chosen = await multiselect({
      message,
      options,
      initialValues: choices.map((choice) => choice.value),
      required: false,
      output: process.stderr,
    })
    return answered(chosen)
  },
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer !== 'symbol') return answer as Exclude<T, symbol>
  throw new PurserError('canceled', 'Stopped, and nothing was changed.')
}

/** Where nobody may be asked. */
export const noPrompts: Prompts = { typed: refuse, secret: refuse, choose: refuse }

function refuse(): never {
  throw new PurserError('internal', 'A question was asked where nobody can answer.')
}

/** Every operation as a typed method, `providers.create` as `providers.create(input)`: read off the one list of operations. */

import type { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import type { OperationContext } from './context.ts'
import { invoke, type Operation, reaches } from './operation.ts'
import { operations } from './operations.ts'

type Declared = (typeof operations)[number]

/** What is given may be left out where every field of it may be. */
type Method<Of extends Declared> =
  Record<never, never> extends z.input<Of['input']>
    ? (input?: z.input<Of['input']>) => Promise<z.output<Of['output']>>
    : (input: z.input<Of['input']>) => Promise<z.output<Of['output']>>

type Named<Name extends string> = Extract<Declared, { readonly name: Name }>
type NounOf<Name extends string> = Name extends `${infer Noun}.${string}` ? Noun : never
type VerbOf<Noun extends string, Name extends string> = Name extends `${Noun}.${infer Verb}` ? Verb : never

type Alone = Exclude<Declared['name'], `${string}.${string}`>
type Noun = NounOf<Declared['name']>

export type Methods = { readonly [Name in Alone]: Method<Named<Name>> } & {
  readonly [Group in Noun]: { readonly [Verb in VerbOf<Group, Declared['name']>]: Method<Named<`${Group}.${Verb}`>> }
}

/** `context` is asked for at each call. */
export function methodsOf(context: () => OperationContext): Methods {
  const methods: Record<string, unknown> = {}
  const run =
    (asked: Operation) =>
    async (input: unknown = {}) => {
      if (!reaches(asked, 'library')) throw elsewhere(asked)
      return invoke(asked, context(), input)
    }
  for (const declared of operations) {
    const [noun, verb] = declared.name.split('.') as [string, string | undefined]
    if (verb === undefined) methods[noun] = run(declared)
    else methods[noun] = Object.assign(methods[noun] ?? {}, { [verb]: run(declared) })
  }
  return methods as Methods
}

function elsewhere({ name, faces }: Operation): PurserError {
  return new PurserError('unsupported', `${name} is not to be had from a program: ${faces?.reason ?? ''}`)
}

/** A capability of the control plane, declared once: the HTTP route, the command and the API document are read off it. */

import type { z } from 'zod'
import type { Face, OperationContext } from './context.ts'
import { invalidInput } from './invalid.ts'
import { requireScope, type Scope } from './scopes.ts'
import { refuseReserved, refuseUnstorable } from './storable.ts'

/** A column of the table that a terminal shows. `field` may be a dotted path; `show` says how its value reads. */
export type Column = { readonly field: string; readonly title: string; readonly show?: 'instant' | 'right' | 'yes' | 'whole' | 'id' }

export interface Operation {
  /** `noun.verb`, or a noun alone. */
  readonly name: string
  readonly summary: string
  readonly scope: Scope
  /** Where it can be reached, if not everywhere, and why. */
  readonly faces?: { readonly only: readonly Face[]; readonly reason: string }
  readonly effect: 'read' | 'write' | 'destroy'
  /** It takes what is too long for an address: over HTTP even a read then has a body, and is a POST. */
  readonly takesDocument?: true
  /** Input fields that a command takes by place and a route in its path. */
  readonly positional: readonly string[]
  /** What it takes by place may hold a slash, which no path of an address carries: over HTTP it stands in the query or the body. */
  readonly slashes?: true
  /** Shorter names of input fields on a command line. */
  readonly flags?: Readonly<Record<string, string>>
  readonly input: z.ZodObject
  readonly output: z.ZodType
  /** Of an item where the answer is a list, else of the answer itself. */
  readonly columns: readonly Column[]
  /** It can be asked of a database whose schema is not what this release expects. */
  readonly anySchema?: true
  /** A command line that a reader can try. */
  readonly example: string
  run(context: OperationContext, input: never): Promise<unknown>
}

type Declared<Name extends string, Input extends z.ZodObject, Output extends z.ZodType> = Omit<
  Operation,
  'name' | 'input' | 'output' | 'run'
> & {
  readonly name: Name
  readonly input: Input
  readonly output: Output
  run(context: OperationContext, input: z.output<Input>): Promise<z.output<Output>>
}

/** Holds a declaration to its own types. One that writes is declared by `change` instead. */
export function operation<const Name extends string, Input extends z.ZodObject, Output extends z.ZodType>(
  declared: Declared<Name, Input, Output>,
): Declared<Name, Input, Output> {
  return declared
}

/** Runs an operation for whoever asks: his scope and his input are checked first. */
export async function invoke(asked: Operation, context: OperationContext, input: unknown): Promise<unknown> {
  requireScope(context.actor, asked.scope, asked.name)
  return asked.run(context, readInput(asked, input) as never)
}

/** The input as the operation takes it, or `invalid_request` by the field that is wrong. */
export function readInput(asked: Operation, input: unknown): Readonly<Record<string, unknown>> {
  refuseReserved(input)
  const read = asked.input.safeParse(input)
  if (!read.success) throw invalidInput(read.error, Object.keys(asked.input.shape))
  refuseUnstorable(read.data)
  return read.data
}

export function reaches(asked: Operation, face: Face): boolean {
  return asked.faces === undefined || asked.faces.only.includes(face)
}

/** What a contract's probes are: every field of its requests and answers, each with a value that means something. */

import type { JsonObject } from '../../../src/core/json.ts'

export type Probe = {
  /** As a reader of the provider's own reference knows it. */
  readonly name: string
  /** Laid over the smallest body of this contract. */
  readonly with: JsonObject
  /** What the field needs beside it, laid over both bodies that are compared. */
  readonly beside?: JsonObject
  /** Texts that must be found in what is sent, where the field passes. */
  readonly arrives?: readonly string[]
  /** Why nobody is told that it is left out. */
  readonly idle?: string
}

export type Probes = {
  readonly path: string
  readonly request: JsonObject
  readonly requests: readonly Probe[]
  readonly answer: JsonObject
  readonly answers: readonly Probe[]
}

/** The smallest image and document, and a schema, for all to use. */
export const png = 'iVBORw0KGgo='
export const pdf = 'JVBERi0xLjQK'
export const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

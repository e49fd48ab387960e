/** The one JSON shape of a failure, on the admin API and behind `--json`. */

import { z } from 'zod'
import { type ErrorKind, errorKinds, PurserError } from '../core/errors.ts'
import { json } from '../core/nouns.ts'

export const failure = z.object({
  error: z.object({
    code: z.string().describe('A stable word: the finer one where there is one, else the kind of error.'),
    message: z.string().describe('What is wrong, for the person who must act.'),
    hint: z.string().nullable().describe('What to do next.'),
    requestId: z.string().nullable(),
    details: z.record(z.string(), json),
  }),
})
export type Failure = z.output<typeof failure>

export function showFailure(error: PurserError, requestId: string | null): Failure {
  const details = { kind: error.kind, ...(error.field === undefined ? {} : { field: error.field }), ...error.details }
  return { error: { code: error.code ?? error.kind, message: error.message, hint: error.hint ?? null, requestId, details } }
}

/** The error that an answer of the admin API stands for. */
export function readFailure(answer: Failure, status: number): PurserError {
  const { code, message, hint, requestId, details } = answer.error
  const named = typeof details.kind === 'string' && details.kind in errorKinds ? (details.kind as ErrorKind) : undefined
  const kind = named ?? (Object.keys(errorKinds) as ErrorKind[]).find((each) => errorKinds[each].status === status) ?? 'internal'
  return new PurserError(kind, message, {
    ...(hint === null ? {} : { hint }),
    ...(code === kind ? {} : { code }),
    ...(typeof details.field === 'string' ? { field: details.field } : {}),
    details: { ...details, ...(requestId === null ? {} : { requestId }) },
  })
}

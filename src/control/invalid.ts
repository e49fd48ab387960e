/** What a schema found wrong, as a sentence for the person who sent it: the field, what is wrong with it, what to send instead. */

import type { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'

type Issue = z.core.$ZodIssue

/** The first fault as an error, and all of them in its details. */
export function invalidInput(error: z.ZodError, known: readonly string[]): PurserError {
  const faults = error.issues.map((issue) => ({ field: issue.path.join('.'), message: sentence(issue, known) }))
  const first = faults[0] ?? { field: '', message: 'The input cannot be read.' }
  return new PurserError('invalid_request', first.message, { ...(first.field === '' ? {} : { field: first.field }), details: { faults } })
}

/** What is wrong with one field, by its name. `known` are the fields that there are. */
export function sentence(issue: Issue, known: readonly string[]): string {
  const field = issue.path.length === 0 ? 'The input' : `"${issue.path.join('.')}"`
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? `${field} is missing.${issue.expected === 'nonoptional' ? '' : ` It takes ${a(issue.expected)}.`}`
        : `${field} must be ${a(issue.expected)}.`
    case 'too_small':
      return `${field} must be at least ${issue.minimum}${unit(issue.origin)}.`
    case 'too_big':
      return `${field} must be at most ${issue.maximum}${unit(issue.origin)}.`
    case 'invalid_value':
      return `${field} must be one of ${issue.values.map(String).join(', ')}.`
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownField(key, known)).join(' ')
    default:
      return /^[A-Z]/.test(issue.message) && issue.message.endsWith('.')
        ? `${field}: ${issue.message}`
        : `${field} is not valid: ${issue.message}.`
  }
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return meant === undefined ? `There is no field "${key}".` : `There is no field "${key}"; did you mean "${meant}"?`
}

function a(type: string): string {
  return type === 'int' ? 'a whole number' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
}

function unit(origin: string): string {
  return origin === 'string' ? ' characters long' : origin === 'array' ? ' items long' : ''
}

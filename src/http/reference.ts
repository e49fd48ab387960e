/** The admin API as documents: the OpenAPI text, and a page to read. */

import { fieldsOf } from '../control/fields.ts'
import { operations } from '../control/operations.ts'
import { release } from '../control/release.ts'
import { type Route, routesOf } from '../control/routes.ts'
import { openApi } from './openapi.ts'

export function renderOpenApi(): string {
  return `${JSON.stringify(openApi(operations, release), null, 2)}\n`
}

export function renderHttp(): string {
  const parts = [
    '# Admin API',
    '',
    'Generated from the operations by `npm run docs`. The whole of it, with every field of every answer, is in `openapi.json`.',
    '',
    'Send an admin key as `authorization: Bearer <key>`. Money and quantities are decimal text, instants milliseconds since 1970 (a query also takes RFC 3339).',
    'Lists answer `{ "items": [], "next": null }`; `next` is the `cursor` of the page behind. A failure answers `{ "error": { "code", "message", "hint", "requestId", "details" } }`.',
    '',
    '`GET /healthz` says whether the process lives, `GET /readyz` whether it admits calls, `GET /api/v1/openapi.json` is the document. These three need no key.',
    '',
    ...routesOf(operations).flatMap(section),
  ]
  return parts.join('\n')
}

function section({ operation, method, path }: Route): readonly string[] {
  const fields = fieldsOf(operation).map((field) => {
    const where = path.includes(`{${field.name}}`) ? 'path' : method === 'GET' ? 'query' : 'body'
    const choices = field.choices === undefined ? '' : ` One of ${field.choices.map((choice) => `\`${choice}\``).join(', ')}.`
    return `| \`${field.name}\` | ${where} | ${field.type} | ${field.required ? 'yes' : ''} | ${field.description}${choices} |`
  })
  return [
    `## ${method} ${path}`,
    '',
    `${operation.summary} Scope: \`${operation.scope}\`.`,
    '',
    ...(fields.length === 0 ? [] : ['| field | in | type | required | |', '| --- | --- | --- | --- | --- |', ...fields, '']),
  ]
}

/** The API document (OpenAPI 3.1), printed from the operations: what they take, what they answer, which scope they need. */

import { z } from 'zod'
import { failure } from '../control/failure.ts'
import { type Field, fieldsOf } from '../control/fields.ts'
import type { Operation } from '../control/operation.ts'
import { apiPrefix, type Route, routesOf } from '../control/routes.ts'
import { json } from '../core/nouns.ts'

type Schema = Record<string, unknown>

/** The one recursive type of the house. Every schema that holds it points here. */
const anyJson = '#/components/schemas/Json'

export function openApi(operations: readonly Operation[], release: string): Schema {
  const paths: Record<string, Schema> = {}
  for (const route of routesOf(operations)) paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: described(route) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Purser admin API',
      version: release,
      summary: 'Providers, connections, profiles, rate cards, keys, calls and usage of one Purser.',
      description:
        'Money and quantities are decimal text, instants are milliseconds since 1970 (RFC 3339 is read as well). Lists come in pages.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:7879' }],
    security: [{ adminKey: [] }],
    paths: { ...ownPaths, ...paths },
    components: {
      securitySchemes: {
        adminKey: { type: 'http', scheme: 'bearer', description: 'An admin key. The first one stands in config/admin-token.' },
      },
      responses: refusalResponses,
      schemas: { Json: { description: 'Any JSON value.' }, Failure: printed(failure, 'output') },
    },
  }
}

function described({ operation, method, path, status }: Route): Schema {
  const fields = fieldsOf(operation)
  const inPath = fields.filter((field) => path.includes(`{${field.name}}`))
  const rest = fields.filter((field) => !inPath.includes(field))
  const inBody = method !== 'GET' && rest.length > 0
  const parameters = [...inPath.map((field) => parameter(field, 'path')), ...(inBody ? [] : rest.map((field) => parameter(field, 'query')))]
  return {
    operationId: operation.name,
    summary: operation.summary,
    description: `Needs the scope \`${operation.scope}\`. On the command line: \`${operation.example}\`.`,
    tags: [operation.name.split('.')[0]],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(inBody ? { requestBody: { required: rest.some((field) => field.required), content: content(bodySchema(rest)) } } : {}),
    responses: {
      [status]: { description: 'Done.', content: content(printed(operation.output, 'output')) },
      ...refusalsOf(method !== 'GET'),
    },
  }
}

function parameter(field: Field, where: 'path' | 'query'): Schema {
  const schema = pointed(field.schema)
  const list = field.type === 'list' ? { style: 'form', explode: false } : {}
  return {
    name: field.name,
    in: where,
    required: where === 'path' || field.required,
    description: field.description || field.name,
    ...list,
    schema,
  }
}

function bodySchema(fields: readonly Field[]): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, field.type === 'secret' ? writeOnly(field) : pointed(field.schema)])),
    required: fields.filter((field) => field.required).map((field) => field.name),
    additionalProperties: false,
  }
}

/** A value that goes in and never comes out. */
function writeOnly({ schema }: Field): Schema {
  return { ...pointed(schema), format: 'password', writeOnly: true }
}

function printed(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _dialect, $defs: _definitions, ...rest } = z.toJSONSchema(schema, { io }) as Schema
  return schema === json ? { $ref: anyJson } : pointed(rest)
}

function pointed(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll(/"#\/\$defs\/\w+"/g, JSON.stringify(anyJson))) as Schema
}

function content(schema: Schema): Schema {
  return { 'application/json': { schema } }
}

/** What an operation may be refused with, in the one shape of failures. */
const refusals = {
  400: 'What was sent cannot be read, or is not what the operation takes.',
  401: 'No key, or none that is known here.',
  403: 'The key lacks a scope, or the request comes from a page of another site or for another host.',
  404: 'There is no such thing.',
  405: 'The path answers other methods. `allow` names them.',
  429: 'Too many keys from this address were refused. `retry-after` says how long to wait.',
  431: 'The address and the headers are longer than 16 KiB together.',
  500: 'A fault of Purser. The log has its cause under the request id.',
  503: 'The database cannot be read or written just now.',
} as const

/** And one that writes, besides. */
const writeRefusals = {
  409: 'Another operator was there first, or something else stands in the way.',
  413: 'The body is larger than 1 MiB.',
  422: 'It is understood, and not supported.',
} as const

function refusalsOf(isWrite: boolean): Schema {
  const all = isWrite ? { ...refusals, ...writeRefusals } : refusals
  return Object.fromEntries(Object.keys(all).map((status) => [status, { $ref: `#/components/responses/${status}` }]))
}

const refusalResponses = Object.fromEntries(
  Object.entries({ ...refusals, ...writeRefusals }).map(([status, description]) => [
    status,
    {
      description,
      ...(status === '431' ? {} : { content: content({ $ref: '#/components/schemas/Failure' }) }),
      ...(status === '405' ? { headers: { Allow: { required: true, schema: { type: 'string' } } } } : {}),
    },
  ]),
)

const open = (summary: string, properties: Schema, statuses: readonly string[] = ['200']): Schema => ({
  get: {
    operationId: summary.toLowerCase().replaceAll(/[^a-z]+/g, '_'),
    summary,
    security: [],
    responses: Object.fromEntries(
      statuses.map((status) => [status, { description: summary, content: content({ type: 'object', properties }) }]),
    ),
  },
})

const ownPaths = {
  '/healthz': open('Whether the process is alive', { alive: { type: 'boolean' } }),
  '/readyz': open('Whether calls are admitted', { ready: { type: 'boolean' }, reason: { type: ['string', 'null'] } }, ['200', '503']),
  [`${apiPrefix}/openapi.json`]: open('This document', {}),
}

/** A server with something in it, a key for each role, and its API document: half of the names in it are ones that there are. */

import { homeOf } from '../../src/control/home/home.ts'
import { type Role, scopesOfRole } from '../../src/control/scopes.ts'
import { startServer } from '../../src/server.ts'
import { prepareHome } from '../support/home.ts'
import type { ApiCaller } from './gate.ts'

type Schema = { [name: string]: unknown }

export type House = {
  readonly adminUrl: string
  readonly document: Schema
  readonly callers: readonly ApiCaller[]
  /** What the server logged as its own fault. */
  readonly faults: readonly string[]
  close(): Promise<void>
}

const roles: readonly Role[] = ['viewer', 'operator', 'security', 'admin']

/** On the database of the folder, unless another is named. */
export async function openHouse(folder: string, named?: string): Promise<House> {
  const home = homeOf(folder, {}, folder)
  const database = named ?? home.database
  const { adminToken, callKey } = await prepareHome(folder, { providers: [], database })
  const faults: string[] = []
  const server = await startServer({
    home,
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    portsAsked: { port: true, adminPort: true },
    database,
    log: { warn() {}, error: (fields, message) => void faults.push(`${message} ${causeOf(fields)}`) },
  })
  const operate = async (path: string, body?: object) => {
    const answer = await fetch(`${server.adminUrl}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return (await answer.json()) as { key: string; items: { id: string; name: string }[] }
  }
  const callers: ApiCaller[] = [{ name: 'nobody', key: null, scopes: new Set() }]
  for (const role of roles) {
    const { key } = await operate(`keys/${role}`, { kind: 'admin', scopes: { roles: [role] } })
    callers.push({ name: role, key, scopes: new Set(scopesOfRole(role)) })
  }
  await call(server.inferenceUrl, callKey)
  for (const name of ['spare-1', 'spare-2', 'spare-3']) await operate(`keys/${name}`, {})
  const document = (await (await fetch(`${server.adminUrl}/api/v1/openapi.json`)).json()) as Schema
  const known = await namesIn(operate)
  return { adminUrl: server.adminUrl, document: withKnown(document, known), callers, faults, close: () => server.close(0) }
}

async function call(url: string, key: string): Promise<void> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'simulated', messages: [{ role: 'user', content: 'hello' }] }),
  })
  await answer.text()
}

/** By the name of a path's parameter, what there is to put there. */
async function namesIn(operate: (path: string) => Promise<{ items: { id: string; name: string }[] }>) {
  const listed = async (noun: string) => (await operate(`${noun}?limit=5`)).items
  const names = async (noun: string) => (await listed(noun)).map(({ name }) => name)
  return {
    provider: await names('providers'),
    connection: await names('connections'),
    profile: await names('profiles'),
    key: ['spare-1', 'spare-2', 'spare-3', 'nothing'],
    card: (await listed('rates')).map(({ id }) => id),
    call: (await listed('calls')).map(({ id }) => id),
  } as Readonly<Record<string, readonly string[]>>
}

/** The document with names that there are among what a text of this name may be: it allows them all the same, and most of what is made up is not there. */
function withKnown(document: Schema, known: Readonly<Record<string, readonly string[]>>): Schema {
  const oneOf = (name: string, schema: unknown): unknown => {
    const some = known[name] ?? []
    return some.length > 0 && isText(schema) ? { ...schema, anyOf: [{ enum: some }, {}] } : schema
  }
  return JSON.parse(JSON.stringify(document), (_name, value: unknown) => {
    if (isParameter(value)) return { ...value, schema: oneOf(value.name, value.schema) }
    if (!hasProperties(value)) return value
    return {
      ...value,
      properties: Object.fromEntries(Object.entries(value.properties).map(([name, schema]) => [name, oneOf(name, schema)])),
    }
  }) as Schema
}

function isText(schema: unknown): schema is Schema {
  return isSchema(schema) && schema.type === 'string' && !('enum' in schema)
}

function isParameter(value: unknown): value is { readonly name: string; readonly schema: unknown } {
  return isSchema(value) && (value.in === 'path' || value.in === 'query') && typeof value.name === 'string'
}

function hasProperties(value: unknown): value is { readonly properties: Schema } {
  return isSchema(value) && value.type === 'object' && isSchema(value.properties)
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}

function causeOf(fields: object): string {
  const error = (fields as { err?: unknown }).err
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ') : String(error)
}

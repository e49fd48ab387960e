/** A command's operation at a server, over its admin API. */

import { readFileSync } from 'node:fs'
import { failure, readFailure } from '../control/failure.ts'
import type { Operation } from '../control/operation.ts'
import { routeOf } from '../control/routes.ts'
import { PurserError } from '../core/errors.ts'
import { type Json, type JsonObject, parseJson } from '../core/json.ts'
import type { CommonOptions } from './options.ts'
import type { Environment } from './terminal.ts'

/** A little more than the longest that the server lets a read run. */
const patienceMs = 30_000

export async function askServer(
  url: string,
  operation: Operation,
  input: JsonObject,
  options: CommonOptions,
  environment: Environment,
  patience = patienceMs,
): Promise<Json> {
  const { method, path } = routeOf(operation)
  const rest: Record<string, Json> = { ...input }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_braces, name: string) => {
    const value = String(rest[name] ?? '')
    delete rest[name]
    return encodeURIComponent(value)
  })
  const target = new URL(filled, checkedBase(url))
  if (method === 'GET')
    for (const [name, value] of Object.entries(rest)) target.searchParams.set(name, Array.isArray(value) ? value.join(',') : String(value))
  const answer = await send(target, method, method === 'GET' ? null : JSON.stringify(rest), tokenOf(options, environment), patience)
  const body = parseJson(answer.text)
  if (answer.status < 300 && body !== undefined) return body
  const refused = failure.safeParse(body)
  if (refused.success) throw readFailure(refused.data, answer.status)
  throw new PurserError(
    'unavailable',
    `What answers at ${target.origin} is not Purser: it sent status ${answer.status} and no JSON that Purser writes.`,
    {
      code: 'no_server',
      hint: 'Check PURSER_ADMIN_URL, or start a server:  purser serve',
    },
  )
}

async function send(
  target: URL,
  method: string,
  body: string | null,
  token: string,
  patience: number,
): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(body === null ? {} : { 'content-type': 'application/json' }),
  }
  try {
    const answer = await fetch(target, { method, headers, body, redirect: 'manual', signal: AbortSignal.timeout(patience) })
    return { status: answer.status, text: await answer.text() }
  } catch (cause) {
    throw new PurserError('unavailable', `No server answers at ${target.origin}.`, {
      code: 'no_server',
      hint: 'Start one:  purser serve',
      cause,
    })
  }
}

/** An admin key goes over plain HTTP only to this machine. */
function checkedBase(url: string): URL {
  const base = URL.canParse(url) ? new URL(url) : undefined
  const here = base !== undefined && ['127.0.0.1', '[::1]', 'localhost'].includes(base.hostname)
  if (base !== undefined && (base.protocol === 'https:' || (base.protocol === 'http:' && here))) return base
  throw new PurserError('invalid_request', `PURSER_ADMIN_URL must be an https:// address, or http:// on this machine. It is "${url}".`, {
    field: 'PURSER_ADMIN_URL',
  })
}

function tokenOf({ home }: CommonOptions, environment: Environment): string {
  if (environment.PURSER_ADMIN_TOKEN) return environment.PURSER_ADMIN_TOKEN
  try {
    return readFileSync(home.adminToken, 'utf8').trim()
  } catch (cause) {
    throw new PurserError('unauthenticated', `An admin key is needed, and ${home.adminToken} cannot be read.`, {
      hint: 'Set PURSER_ADMIN_TOKEN, or name the home of the server:  --home DIR',
      cause,
    })
  }
}

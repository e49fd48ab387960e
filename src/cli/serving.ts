/** A Purser to call through: the server that runs on this home, the one that was named, or one of this command's own for as long as it lasts. */

import { readFileSync } from 'node:fs'
import { liveServer } from '../control/home/server-file.ts'
import { operations } from '../control/operations.ts'
import { type ErrorKind, errorKinds, PurserError } from '../core/errors.ts'
import { at, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { startServer } from '../server.ts'
import { askWithProof } from './execute.ts'
import type { CommonOptions } from './options.ts'
import type { Environment, Terminal } from './terminal.ts'

export type Serving = {
  /** Whether it ends with this command. */
  readonly own: boolean
  /** An operation, by its name. */
  ask(operation: string, input?: JsonObject): Promise<Json>
  /** A chat completion. Throws what Purser refuses it with. */
  chat(body: JsonObject): Promise<Response>
}

export async function withServing<T>(options: CommonOptions, terminal: Terminal, run: (serving: Serving) => Promise<T>): Promise<T> {
  const { environment } = terminal
  const live = liveServer(options.home, options.database)
  const adminUrl = options.settings.admin_url.said ?? live?.admin_url
  const inferenceUrl = environment.PURSER_URL || live?.inference_url
  if (adminUrl !== undefined && inferenceUrl !== undefined) return run(servingAt(inferenceUrl, adminUrl, false, options, terminal))
  if (options.settings.admin_url.said !== undefined) throw halfNamed()
  // A server takes providers' keys out of the environment; this one gives them back when it ends.
  const kept = { ...process.env }
  const server = await startServer({
    home: options.home,
    database: options.database ?? options.home.database,
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    portsAsked: { port: true, adminPort: true },
    log: { warn() {}, error() {} },
  })
  try {
    return await run(servingAt(server.inferenceUrl, server.adminUrl, true, options, terminal))
  } finally {
    await server.close()
    Object.assign(process.env, kept)
  }
}

function servingAt(inferenceUrl: string, adminUrl: string, own: boolean, options: CommonOptions, terminal: Terminal): Serving {
  const ask: Serving['ask'] = async (name, input = {}) => {
    const operation = operations.find((each) => each.name === name)
    if (operation === undefined) throw new PurserError('internal', `There is no operation ${name}.`)
    return askWithProof(adminUrl, operation, input, options, terminal)
  }
  return {
    own,
    ask,
    async chat(body) {
      const headers = {
        authorization: `Bearer ${callKey(options, terminal.environment)}`,
        'content-type': 'application/json',
        'x-purser-include': 'cost',
      }
      const answer = await fetch(new URL('/v1/chat/completions', inferenceUrl), {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      }).catch((cause: unknown) => Promise.reject(unreachable(inferenceUrl, cause)))
      if (!answer.ok) throw await refusalOf(answer, ask)
      return answer
    },
  }
}

function callKey({ home }: CommonOptions, environment: Environment): string {
  if (environment.PURSER_API_KEY) return environment.PURSER_API_KEY
  try {
    return readFileSync(home.firstKey, 'utf8').trim()
  } catch (cause) {
    throw new PurserError('unauthenticated', `A key is needed to call, and ${home.firstKey} cannot be read.`, {
      hint: 'Make one, and put it into PURSER_API_KEY:  purser keys create NAME',
      cause,
    })
  }
}

/** What the inference port refused or failed with. The ledger knows more of it than the caller's contract has words for. */
async function refusalOf(answer: Response, ask: Serving['ask']): Promise<PurserError> {
  const said = at(parseJson(await answer.text()), 'error')
  const message = at(said, 'message')
  const what = typeof message === 'string' ? message : `Status ${answer.status}.`
  return failureOf(what, at(said, 'code'), answer.status, answer.headers.get('x-request-id'), ask)
}

export async function failureOf(
  message: string,
  code: Json | undefined,
  status: number,
  requestId: string | null,
  ask: Serving['ask'],
): Promise<PurserError> {
  const kinds = Object.keys(errorKinds) as ErrorKind[]
  const settled = requestId === null ? undefined : await settledKind(requestId, ask)
  const kind = [settled, code].map((word) => kinds.find((each) => each === word)).find((each) => each !== undefined)
  // Without an attempt no provider was at fault.
  const byStatus = kinds.find((each) => errorKinds[each].status === status && errorKinds[each].fault !== 'provider')
  return new PurserError(kind ?? byStatus ?? 'unavailable', message, {
    ...(requestId === null ? {} : { details: { requestId } }),
    hint:
      settled !== undefined
        ? `See what was tried:  purser calls get ${requestId}`
        : status === 404
          ? 'See what there is:  purser profiles list'
          : 'See how things stand:  purser doctor',
  })
}

/** The kind of error that the last attempt ended with; undefined where there was none, or where nobody here may look. */
async function settledKind(requestId: string, ask: Serving['ask']): Promise<string | undefined> {
  const call = await ask('calls.get', { call: requestId }).catch(() => undefined)
  const attempts = at(call, 'attempts')
  const kind = Array.isArray(attempts) ? at(attempts.at(-1) as Json | undefined, 'settlement.error_kind') : undefined
  return typeof kind === 'string' ? kind : undefined
}

function unreachable(url: string, cause: unknown): PurserError {
  return new PurserError('unavailable', `No server answers at ${url}.`, { code: 'no_server', hint: 'Start one:  purser serve', cause })
}

function halfNamed(): PurserError {
  return new PurserError(
    'invalid_request',
    'PURSER_ADMIN_URL names a server to administer, and PURSER_URL does not say where it answers calls.',
    {
      field: 'PURSER_URL',
      hint: 'Set PURSER_URL to its inference address, such as http://127.0.0.1:7878',
    },
  )
}

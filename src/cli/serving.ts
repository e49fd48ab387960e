/** A Purser to call through: the server that runs on this home, the one that was named, or one inside this command for as long as it lasts. */

import { readFileSync } from 'node:fs'
import { type App, openApp } from '../app.ts'
import { liveServer } from '../control/home/server-file.ts'
import { invoke, type Operation } from '../control/operation.ts'
import { operations } from '../control/operations.ts'
import { localActor } from '../control/scopes.ts'
import { type ErrorKind, errorKinds, PurserError } from '../core/errors.ts'
import { at, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { askWithProof } from './execute.ts'
import type { CommonOptions } from './options.ts'
import type { Environment, Terminal } from './terminal.ts'

/** For a call that still runs when the command is done. */
const closeGraceMs = 30_000

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
  if (adminUrl !== undefined && inferenceUrl !== undefined) return run(servingAt(inferenceUrl, adminUrl, options, terminal))
  if (options.settings.admin_url.said !== undefined) throw halfNamed()
  const app = await openApp({
    home: options.home,
    database: options.database ?? options.home.database,
    firstKeys: 'mint',
    simulated: 'inside',
    ownsEnvironment: false,
    commands: options.commands,
    log: { warn() {}, error() {} },
  })
  try {
    return await run(servingInside(app, options, terminal))
  } finally {
    await app.drain(closeGraceMs)
    await app.close()
  }
}

function servingAt(inferenceUrl: string, adminUrl: string, options: CommonOptions, terminal: Terminal): Serving {
  const ask: Serving['ask'] = (name, input = {}) => askWithProof(adminUrl, operationNamed(name), input, options, terminal)
  const send = (request: Request) => fetch(request).catch((cause: unknown) => Promise.reject(unreachable(inferenceUrl, cause)))
  return { own: false, ask, chat: (body) => chat(inferenceUrl, send, body, ask, options, terminal) }
}

/** No socket: the gateway is called as a function, with the same key that a server would be shown. */
function servingInside(app: App, options: CommonOptions, terminal: Terminal): Serving {
  const asking = { actor: localActor, face: 'cli', server: null, loopDelayMs: () => null } as const
  const ask: Serving['ask'] = async (name, input = {}) => (await invoke(operationNamed(name), app.contextFor(asking), input)) as Json
  const send = app.fetchFor(true)
  return { own: true, ask, chat: (body) => chat('http://purser.invalid', send, body, ask, options, terminal) }
}

function operationNamed(name: string): Operation {
  const operation = operations.find((each) => each.name === name)
  if (operation === undefined) throw new PurserError('internal', `There is no operation ${name}.`)
  return operation
}

async function chat(
  url: string,
  send: (request: Request) => Promise<Response>,
  body: JsonObject,
  ask: Serving['ask'],
  options: CommonOptions,
  { environment }: Terminal,
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${callKey(options, environment)}`,
    'content-type': 'application/json',
    'x-purser-include': 'cost',
  }
  const answer = await send(new Request(new URL('/v1/chat/completions', url), { method: 'POST', headers, body: JSON.stringify(body) }))
  if (!answer.ok) throw await refusalOf(answer, ask)
  return answer
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

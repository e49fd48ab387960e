/** The built-in provider as an HTTP server on a unix socket, a loopback port, or inside this process alone. It also serves tests as an upstream that keeps a log. */

import { chmod } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { isObject, parseJson } from '../core/json.ts'
import { createServer } from '../core/node-http.ts'
import type { Clock, Timers } from '../core/ports.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { answerTo, type Format } from './asked.ts'
import { openInside } from './inside.ts'
import { modelNamed } from './models.ts'
import { openaiChat } from './openai-chat.ts'
import { failure, listing, type Step, scriptFor } from './script.ts'

type Place = { readonly path: string } | { readonly port: number }
export type SimulatedAddress = Place | { readonly connect: () => Duplex }

export type SimulatedOptions = {
  /** A unix socket's path, a port of 127.0.0.1 (0 takes a free one), or no place at all: then the address is a way in for this process. */
  readonly listen: Place | 'inside'
  readonly clock: Clock
  readonly timers: Timers
  /** The number in the next answer's ids. */
  readonly nextNumber?: () => number
  /** How many of the newest requests are kept for `requests()`. None unless asked. */
  readonly keep?: number
}

export type Received = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** `answered`: to its scripted end. `gone`: the caller left before. */
  readonly outcome: 'open' | 'answered' | 'gone'
}

export type Simulated = {
  readonly address: SimulatedAddress
  requests(): readonly Received[]
  counts(): { readonly received: number; readonly answered: number; readonly gone: number }
  /** Settles when no request is open. */
  quiet(): Promise<void>
  close(): Promise<void>
}

const routes: Readonly<Record<string, Format>> = {
  'POST /chat/completions': openaiChat,
  'POST /messages': anthropicMessages,
}

const bodyLimit = 64 * 1024 * 1024

export async function startSimulated(options: SimulatedOptions): Promise<Simulated> {
  let counted = 0
  const nextNumber = options.nextNumber ?? (() => (counted += 1))
  const counts = { received: 0, answered: 0, gone: 0 }
  const kept: { -readonly [K in keyof Received]: Received[K] }[] = []
  const waiting: (() => void)[] = []

  const server = createServer((request, response) => {
    counts.received += 1
    const entry = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: '',
      outcome: 'open' as Received['outcome'],
    }
    if (options.keep !== undefined) {
      kept.push(entry)
      if (kept.length > options.keep) kept.shift()
    }
    const settle = (outcome: 'answered' | 'gone') => {
      if (entry.outcome !== 'open') return
      entry.outcome = outcome
      counts[outcome] += 1
      if (counts.received === counts.answered + counts.gone) for (const run of waiting.splice(0)) run()
    }
    response.once('close', () => settle('gone'))
    readBody(request, (body) => {
      entry.body = body
      play(stepsFor(request, body, nextNumber(), Math.floor(options.clock.now() / 1_000)), response, options.timers, () =>
        settle('answered'),
      )
    })
  })
  server.keepAliveTimeout = 600_000
  server.requestTimeout = 0
  const inside = new Set<Duplex>()
  const accept = (end: Duplex): void => {
    inside.add(end)
    end.once('close', () => inside.delete(end))
    server.emit('connection', end)
  }
  const address = options.listen === 'inside' ? { connect: () => openInside(accept) } : await listen(server, options.listen)

  return {
    address,
    requests: () => kept,
    counts: () => ({ ...counts }),
    quiet: () =>
      new Promise((resolve) => {
        if (counts.received === counts.answered + counts.gone) resolve()
        else waiting.push(resolve)
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const end of inside) end.destroy()
      }),
  }
}

/** With or without `/v1`, since one contract's base URL has it and the other's has not. */
function stepsFor(request: IncomingMessage, text: string, number: number, created: number): readonly Step[] {
  const path = (request.url ?? '').split('?')[0]!.replace(/^\/v1(?=\/)/, '')
  const id = `sim_${number}`
  const spoken = request.headers['anthropic-version'] === undefined ? openaiChat : anthropicMessages
  if (request.method === 'GET' && path === '/models') return listing(spoken)
  const format = routes[`${request.method} ${path}`]
  if (format === undefined) return failure(spoken, 404, `Simulated: there is nothing at ${request.method} ${path}.`, id)
  const body = parseJson(text)
  if (!isObject(body) || typeof body.model !== 'string')
    return failure(format, 400, 'Simulated: the body must be a JSON object with a model.', id)
  const model = modelNamed(body.model)
  if (model === undefined) return failure(format, 404, `Simulated: there is no model "${body.model}". GET /v1/models lists them.`, id)
  try {
    const asked = format.read(body)
    const answer = answerTo(asked, model.behaviour.type, { number, model: body.model, created })
    return scriptFor({ format, asked, answer, behaviour: model.behaviour })
  } catch (error) {
    return failure(format, 400, `Simulated: ${(error as Error).message}`, id)
  }
}

/** Does the steps one after the other, as fast as the caller reads. Stops where the caller has gone. */
async function play(steps: readonly Step[], response: ServerResponse, timers: Timers, done: () => void): Promise<void> {
  for (const step of steps) {
    if (response.destroyed) return
    switch (step.type) {
      case 'head':
        response.writeHead(step.status, step.headers)
        break
      case 'write':
        if (!response.write(step.text)) await drained(response)
        break
      case 'flood':
        for (let turn = 0; turn < step.times && !response.destroyed; turn += 1) if (!response.write(step.text)) await drained(response)
        break
      case 'wait':
        await waited(response, step.ms, timers)
        break
      case 'end':
        response.end(done)
        return
      case 'cut':
        done()
        response.socket?.destroySoon()
        return
      case 'hang':
        return
    }
  }
}

/** Until the caller has read what was written, or has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })
}

/** Until the time is over, or the caller has gone. */
function waited(response: ServerResponse, ms: number, timers: Timers): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('close', go)
      cancel()
      resolve()
    }
    const cancel = timers.after(ms, go)
    response.on('close', go)
  })
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = []
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > bodyLimit) request.destroy()
    else chunks.push(chunk)
  })
  request.on('end', () => done(Buffer.concat(chunks).toString()))
  request.on('error', () => {})
}

/** A socket file is for its owner alone. */
async function listen(server: Server, wanted: Place): Promise<Place> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen('path' in wanted ? { path: wanted.path } : { port: wanted.port, host: '127.0.0.1' }, () => resolve())
  })
  if ('path' in wanted) {
    await chmod(wanted.path, 0o600)
    return wanted
  }
  return { port: (server.address() as AddressInfo).port }
}

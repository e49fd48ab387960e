/** What the built-in provider understands of a request, and what it says to it: the same for both contracts. */

import type { Json, JsonObject } from '../core/json.ts'
import { argumentsFor } from './arguments.ts'
import type { Behaviour } from './models.ts'

export type Tool = { readonly name: string; readonly schema: Json }

export type Asked = {
  readonly stream: boolean
  readonly wantsUsage: boolean
  /** Every text of the request, in order: what its tokens are counted on. */
  readonly texts: readonly string[]
  /** The last user text or tool result. */
  readonly last: string
  readonly endsInToolResult: boolean
  readonly tools: readonly Tool[]
  /** A tool's name, `true` for any tool, or `false` where none is forced. */
  readonly forced: string | boolean
  readonly cap: number | null
}

export type Count = { readonly input: number; readonly output: number; readonly cacheRead: number; readonly cacheWrite: number }

export type Answer = {
  readonly id: string
  readonly model: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly text: string
  /** The text, or the tool call's JSON, as a stream delivers it. */
  readonly pieces: readonly string[]
  readonly call: { readonly id: string; readonly name: string; readonly input: JsonObject; readonly json: string } | null
  readonly stop: 'end' | 'length' | 'tool'
  readonly usage: Count | null
}

/** A contract as the built-in provider writes it. `frames` are server-sent events, ready to be sent. */
export type Format = {
  /** Throws a sentence where the request is not one of this contract. */
  read(body: JsonObject): Asked
  whole(answer: Answer): JsonObject
  frames(
    answer: Answer,
    wantsUsage: boolean,
  ): { readonly opening: readonly string[]; readonly content: readonly string[]; readonly closing: readonly string[] }
  error(status: number, message: string, id: string): JsonObject
  errorFrame(message: string, id: string): string
  list(names: readonly string[]): JsonObject
}

/** One token for each started 4 bytes of UTF-8. */
export function tokensOf(...texts: readonly string[]): number {
  return Math.ceil(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) / 4)
}

/** The longest beginning of a text that is within so many tokens, without half a character. */
export function cutTo(text: string, tokens: number): string {
  const bytes = Buffer.from(text)
  let end = Math.min(bytes.length, tokens * 4)
  while (end > 0 && end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}

/** A text in pieces of so many characters. */
function piecesOf(text: string, size: number): string[] {
  const characters = [...text]
  const pieces: string[] = []
  for (let start = 0; start < characters.length; start += size) pieces.push(characters.slice(start, start + size).join(''))
  return pieces
}

export function answerTo(
  asked: Asked,
  behaviour: Behaviour['type'],
  about: { readonly number: number; readonly model: string; readonly created: number },
): Answer {
  const tool = toolFor(asked, behaviour)
  const input = tool === undefined ? {} : argumentsFor(tool.schema)
  const json = tool === undefined ? '' : JSON.stringify(input)
  const wanted = tool !== undefined ? '' : behaviour === 'long' ? repeated(asked.last, asked.cap ?? 500) : asked.last
  const text = cutTo(wanted, asked.cap ?? Number.MAX_SAFE_INTEGER / 8)
  const all = tokensOf(...asked.texts)
  const isCached = behaviour === 'cached'
  const cacheRead = isCached ? Math.floor(all / 2) : 0
  const cacheWrite = isCached ? Math.floor(all / 4) : 0
  return {
    id: `sim_${about.number}`,
    model: about.model,
    created: about.created,
    text,
    pieces: piecesOf(tool === undefined ? text : json, behaviour === 'long' ? 4 : 16),
    call: tool === undefined ? null : { id: `call_sim_${about.number}`, name: tool.name, input, json },
    stop: tool !== undefined ? 'tool' : text.length < wanted.length || behaviour === 'long' ? 'length' : 'end',
    usage: behaviour === 'no-usage' ? null : { input: all - cacheRead - cacheWrite, output: tokensOf(text, json), cacheRead, cacheWrite },
  }
}

/** The tool to be called now. After a tool's result there is none, so every loop ends. */
function toolFor(asked: Asked, behaviour: Behaviour['type']): Tool | undefined {
  if (asked.endsInToolResult || asked.tools.length === 0) return undefined
  if (typeof asked.forced === 'string') return asked.tools.find(({ name }) => name === asked.forced)
  return asked.forced || behaviour === 'tools' ? asked.tools[0] : undefined
}

function repeated(text: string, tokens: number): string {
  const unit = text === '' ? 'simulated ' : `${text} `
  return cutTo(unit.repeat(Math.ceil((tokens * 4) / Buffer.byteLength(unit))), tokens)
}

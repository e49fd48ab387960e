/** A conversation as messages of a chat completion: results follow their calls, and what a result may not hold follows the results. */

import type { Message, ToolResultPart, UserPart, Warn } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Dialect } from '../dialect.ts'
import { nineCharacters } from '../tool-ids.ts'
import { markUnsaid } from './cache.ts'
import { assistantMessage } from './encode-answer.ts'
import { contentOf, textContent, userPart } from './encode-parts.ts'

export function encodeMessages(messages: readonly Message[], dialect: Dialect, warn: Warn): readonly JsonObject[] {
  const conversation = new Conversation(dialect, warn)
  for (const [index, message] of messages.entries()) conversation.add(message, `messages.${index}`)
  return conversation.end()
}

class Conversation {
  readonly #dialect: Dialect
  readonly #warn: Warn
  readonly #written: JsonObject[] = []
  /** Media of tool results, until the run of results is over. */
  #held: JsonObject[] = []
  #opening = true

  constructor(dialect: Dialect, warn: Warn) {
    this.#dialect = dialect
    this.#warn = warn
  }

  add(message: Message, path: string): void {
    if (message.role === 'user') return this.#addUser(message.parts, message.name, path)
    this.#release()
    if (message.role === 'assistant') {
      this.#opening = false
      this.#written.push(assistantMessage(message, path, this.#dialect, this.#warn))
      return
    }
    const role = this.#opening ? this.#dialect.systemRole : this.#dialect.laterSystemRole
    this.#written.push({ role, content: textContent(message.parts, '\n\n', this.#dialect, this.#warn) })
  }

  end(): readonly JsonObject[] {
    this.#release()
    return this.#written
  }

  #addUser(parts: readonly UserPart[], name: string | undefined, path: string): void {
    this.#opening = false
    const said: JsonObject[] = []
    let results = 0
    parts.forEach((part, index) => {
      const place = `${path}.parts.${index}`
      if (part.type === 'tool-result') {
        if (said.length > 0)
          this.#warn({ field: place, reason: 'a result must follow its call; it was put before the rest of the message' })
        results += 1
        this.#addResult(part, place)
        return
      }
      const written = userPart(part, place, this.#dialect, this.#warn)
      if (written) said.push(written)
    })
    if (results > 0 && said.length === 0) {
      if (name !== undefined) this.#warn({ field: `${path}.name`, reason: 'a tool that answers has no other name' })
      return
    }
    const all = [...this.#held, ...said]
    this.#held = []
    this.#written.push({ role: 'user', content: contentOf(all, '\n\n', this.#dialect), ...(name === undefined ? {} : { name }) })
  }

  #addResult(result: ToolResultPart, path: string): void {
    const texts = result.parts.filter((part) => part.type === 'text')
    const id = this.#dialect.toolCallIds === 'nine' ? nineCharacters(result.callId) : result.callId
    const media = result.parts
      .map((part, index) => (part.type === 'text' ? undefined : userPart(part, `${path}.parts.${index}`, this.#dialect, this.#warn)))
      .filter((part) => part !== undefined)
    if (result.isError) this.#warn({ field: `${path}.isError`, reason: 'this contract has no mark for a tool that failed' })
    if (result.cache) markUnsaid(this.#warn)
    if (media.length > 0) this.#held.push({ type: 'text', text: `From the result of the tool call ${id}:` }, ...media)
    const content =
      texts.length === 0 && media.length > 0
        ? 'The result follows in the next message.'
        : textContent(texts, '\n\n', this.#dialect, this.#warn)
    this.#written.push({ role: 'tool', tool_call_id: id, content })
  }

  #release(): void {
    if (this.#held.length === 0) return
    this.#written.push({ role: 'user', content: this.#held })
    this.#held = []
  }
}

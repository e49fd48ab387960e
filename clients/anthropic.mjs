/** The Anthropic SDK as a stranger would use it. Prints a JSON line a case: its name, and what the client saw. */

import Anthropic from '@anthropic-ai/sdk'
import { end, inside } from './library.mjs'

const client = new Anthropic({ baseURL: process.env.PURSER_URL, apiKey: process.env.PURSER_API_KEY, ...inside })
const plain = process.env.PURSER_MODEL
const provider = process.env.PURSER_PROVIDER
const messages = [{ role: 'user', content: 'Count the coins twice.' }]
const tools = [{ name: 'count', input_schema: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] } }]
const asked = { model: plain, max_tokens: 200, messages }

const cases = {
  async plain() {
    const message = await client.messages.create(asked)
    return { requestId: message._request_id, text: message.content[0].text, usage: message.usage }
  },
  async streamed() {
    const stream = client.messages.stream(asked)
    const message = await stream.finalMessage()
    return { requestId: stream.request_id, text: message.content[0].text, usage: message.usage }
  },
  async tool() {
    const model = `${provider}/simulated-tools`
    const first = await client.messages.create({ ...asked, model, tools })
    const call = first.content.find((part) => part.type === 'tool_use')
    const second = await client.messages.create({
      ...asked,
      model,
      tools,
      messages: [
        ...messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'two coins' }] },
      ],
    })
    return { requestId: second._request_id, also: [first._request_id], arguments: call.input, text: second.content[0].text }
  },
  async error() {
    try {
      await client.messages.create({ ...asked, model: `${provider}/simulated-error-422` })
      return { unexpected: 'no error' }
    } catch (error) {
      return { requestId: error.requestID, status: error.status, message: error.message }
    }
  },
  async unknownModel() {
    try {
      await client.messages.create({ ...asked, model: 'nobody' })
      return { unexpected: 'no error' }
    } catch (error) {
      return { status: error.status, message: error.message }
    }
  },
  async aborted() {
    const stream = client.messages.stream({ ...asked, model: `${provider}/simulated-slow` })
    let events = 0
    for await (const _ of stream) {
      events += 1
      if (events === 3) break
    }
    const requestId = stream.request_id
    stream.abort()
    return { requestId, events }
  },
  async models() {
    const names = []
    for await (const model of client.models.list()) names.push(model.id)
    return { names }
  },
}

for (const [name, run] of Object.entries(cases)) {
  const result = await run().catch((error) => ({ crashed: String(error) }))
  process.stdout.write(`${JSON.stringify({ name, ...result })}\n`)
}
await end()

/** The OpenAI SDK as a stranger would use it. Prints a JSON line a case: its name, and what the client saw. */

import OpenAI from 'openai'
import { end, inside } from './library.mjs'

const client = new OpenAI({ baseURL: `${process.env.PURSER_URL}/v1`, apiKey: process.env.PURSER_API_KEY, ...inside })
const plain = process.env.PURSER_MODEL
const provider = process.env.PURSER_PROVIDER
const messages = [{ role: 'user', content: 'Count the coins twice.' }]
const tools = [
  {
    type: 'function',
    function: { name: 'count', parameters: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] } },
  },
]

const cases = {
  async plain() {
    const { data, request_id } = await client.chat.completions
      .create({ model: plain, messages })
      .then(async (data) => ({ data, request_id: data._request_id }))
    return { requestId: request_id, text: data.choices[0].message.content, usage: data.usage }
  },
  async streamed() {
    const { data: stream, request_id } = await client.chat.completions.create({ model: plain, messages, stream: true }).withResponse()
    let text = ''
    let usageFrames = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? ''
      if (chunk.choices.length === 0) usageFrames += 1
    }
    return { requestId: request_id, text, usageFrames }
  },
  async streamedWithUsage() {
    const { data: stream, request_id } = await client.chat.completions
      .create({ model: plain, messages, stream: true, stream_options: { include_usage: true } })
      .withResponse()
    let usage
    for await (const chunk of stream) usage = chunk.usage ?? usage
    return { requestId: request_id, usage }
  },
  async tool() {
    const first = await client.chat.completions.create({ model: `${provider}/simulated-tools`, messages, tools })
    const call = first.choices[0].message.tool_calls[0]
    const second = await client.chat.completions.create({
      model: `${provider}/simulated-tools`,
      messages: [...messages, first.choices[0].message, { role: 'tool', tool_call_id: call.id, content: 'two coins' }],
      tools,
    })
    return {
      requestId: second._request_id,
      also: [first._request_id],
      arguments: JSON.parse(call.function.arguments),
      text: second.choices[0].message.content,
    }
  },
  async error() {
    try {
      await client.chat.completions.create({ model: `${provider}/simulated-error-422`, messages })
      return { unexpected: 'no error' }
    } catch (error) {
      return { requestId: error.requestID, status: error.status, message: error.message }
    }
  },
  async unknownModel() {
    try {
      await client.chat.completions.create({ model: 'nobody', messages })
      return { unexpected: 'no error' }
    } catch (error) {
      return { status: error.status, message: error.message, code: error.code }
    }
  },
  async aborted() {
    const controller = new AbortController()
    const { data: stream, request_id } = await client.chat.completions
      .create({ model: `${provider}/simulated-slow`, messages, stream: true }, { signal: controller.signal })
      .withResponse()
    let chunks = 0
    for await (const _ of stream) {
      chunks += 1
      if (chunks === 2) break
    }
    controller.abort()
    return { requestId: request_id, chunks }
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

/** The AI SDK as a stranger would use it, by the contract that PURSER_CONTRACT names. Prints a JSON line a case. */

import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

const { PURSER_URL, PURSER_API_KEY: apiKey, PURSER_MODEL: plain, PURSER_PROVIDER: provider, PURSER_CONTRACT: contract } = process.env
const model =
  contract === 'openai-chat'
    ? createOpenAICompatible({ name: 'purser', baseURL: `${PURSER_URL}/v1`, apiKey, includeUsage: true })
    : createAnthropic({ baseURL: `${PURSER_URL}/v1`, apiKey })
const prompt = 'Count the coins twice.'
const idOf = (response) => response.headers?.['x-request-id']

const cases = {
  async plain() {
    const { text, response, usage } = await generateText({ model: model(plain), prompt, maxOutputTokens: 200 })
    return { requestId: idOf(response), text, usage: { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens } }
  },
  async streamed() {
    const result = streamText({ model: model(plain), prompt, maxOutputTokens: 200 })
    let text = ''
    for await (const part of result.textStream) text += part
    return { requestId: idOf(await result.response), text }
  },
  async tool() {
    const called = []
    const { text, steps } = await generateText({
      model: model(`${provider}/simulated-tools`),
      prompt,
      maxOutputTokens: 200,
      maxRetries: 0,
      stopWhen: stepCountIs(3),
      tools: {
        count: tool({
          inputSchema: z.object({ what: z.string() }),
          execute: async (input) => {
            called.push(input)
            return 'two coins'
          },
        }),
      },
    })
    const ids = steps.map((step) => idOf(step.response))
    return { requestId: ids.at(-1), also: ids.slice(0, -1), arguments: called[0], text }
  },
  async error() {
    try {
      await generateText({ model: model(`${provider}/simulated-error-422`), prompt, maxRetries: 0, maxOutputTokens: 200 })
      return { unexpected: 'no error' }
    } catch (error) {
      return { requestId: error.responseHeaders?.['x-request-id'], status: error.statusCode, message: error.message }
    }
  },
}

for (const [name, run] of Object.entries(cases)) {
  const result = await run().catch((error) => ({ crashed: String(error) }))
  process.stdout.write(`${JSON.stringify({ name, ...result })}\n`)
}

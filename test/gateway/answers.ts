/** Small answers of both contracts, made by hand. */

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
const event = (value: { type: string }): string => `event: ${value.type}\n${data(value)}`
const chunk = (choice: object, more: object = {}): string =>
  data({ id: 'chat-1', object: 'chat.completion.chunk', created: 1, model: 'coin-1', choices: [choice], ...more })

/** 10 tokens in, 5 out: 20 millionths at the test's card. */
export const chatUsage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
export const chatReply = {
  id: 'chat-1',
  object: 'chat.completion',
  created: 1,
  model: 'coin-1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'one coin' }, finish_reason: 'stop' }],
  usage: chatUsage,
}

export const chatFrames = {
  word: chunk({ index: 0, delta: { content: 'one coin' }, finish_reason: null }),
  stop: chunk({ index: 0, delta: {}, finish_reason: 'stop' }),
  usage: data({ id: 'chat-1', object: 'chat.completion.chunk', created: 1, model: 'coin-1', choices: [], usage: chatUsage }),
  done: 'data: [DONE]\n\n',
  error: data({ error: { message: 'The engine is on fire.', type: 'server_error', code: null, param: null } }),
}

export const messageFrames = {
  start: event({
    type: 'message_start',
    message: {
      id: 'msg-1',
      type: 'message',
      role: 'assistant',
      model: 'coin-1',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 10, output_tokens: 1 },
    },
  } as { type: string }),
  word: event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'one coin' } } as { type: string }),
  delta: event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 5 } } as { type: string }),
  stop: event({ type: 'message_stop' }),
  error: event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } as { type: string }),
}

/** One call by either contract, with whatever becomes of it: answered, refused, or cut. */

export type Answer = {
  readonly contract: 'openai-chat' | 'anthropic-messages'
  /** `cut`: the connection broke before the answer had ended. */
  readonly status: number | 'cut'
  readonly callId: string
  readonly body: string
}

const terminals = { 'openai-chat': 'data: [DONE]', 'anthropic-messages': '"message_stop"' } as const

/** `number` decides which contract, and whether it streams. */
export async function askOnce(url: string, key: string, number: number, patience = AbortSignal.timeout(15_000)): Promise<Answer> {
  const contract = number % 2 === 0 ? 'openai-chat' : 'anthropic-messages'
  const stream = number % 4 >= 2
  const path = contract === 'openai-chat' ? '/v1/chat/completions' : '/v1/messages'
  const model = contract === 'openai-chat' ? 'simulated' : 'simulated-claude'
  let callId = ''
  try {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model, stream, max_tokens: 50, messages: [{ role: 'user', content: 'How much room is there?' }] }),
      signal: patience,
    })
    callId = response.headers.get('x-request-id') ?? ''
    const body = await response.text()
    const whole = response.status !== 200 || !stream || body.includes(terminals[contract])
    return { contract, status: whole ? response.status : 'cut', callId, body }
  } catch {
    return { contract, status: 'cut', callId, body: '' }
  }
}

/** What is wrong with a refusal's body, as a client of that contract reads it. */
export function shapeProblems({ contract, body }: Answer): string[] {
  try {
    const parsed = JSON.parse(body) as { type?: string; error?: { type?: string; message?: string } }
    const shaped = contract === 'openai-chat' || parsed.type === 'error'
    const says = parsed.error?.message ?? ''
    return [
      ...(shaped && typeof parsed.error?.type === 'string' ? [] : [`not an error of ${contract}: ${body}`]),
      ...(/\b(disk|ledger|database)\b/i.test(says) ? [] : [`it does not say what is wrong: "${says}"`]),
    ]
  } catch {
    return [`it is no JSON: ${body}`]
  }
}

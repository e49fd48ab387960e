/** A plain client that keeps what it gets, also where the answer breaks off. */

import { request } from 'node:http'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
  readonly broken: boolean
}

export function ask(url: string, key: string, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
      },
      (response) => {
        const chunks: Buffer[] = []
        const done = (broken: boolean) =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks), broken })
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => done(false))
        response.on('error', () => done(true))
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

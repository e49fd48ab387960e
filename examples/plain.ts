/** Purser in a plain script: a call, a stream, and what both cost. Run it with Node 24: `node examples/plain.ts`. */

import { createPurser } from 'purser'

// In a program of your own: { database: 'purser.db', home: '.purser' }, and providers with keys. The simulated one needs none.
// Nobody but this script can reach its `fetch`, so that needs no Purser key either.
await using purser = await createPurser({ database: ':memory:', simulated: true, authenticate: false })

function ask(body: object): Promise<Response> {
  return purser.fetch('http://purser/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

await purser.routes.create({ name: 'assistant', members: ['simulated', 'simulated-claude'] })

const answer = await ask({ model: 'assistant', messages: [{ role: 'user', content: 'Good morning.' }] })
const { choices } = (await answer.json()) as { choices: [{ message: { content: string } }] }
console.log(choices[0].message.content)

const stream = await ask({ model: 'assistant', stream: true, messages: [{ role: 'user', content: 'One word after the other.' }] })
for await (const chunk of stream.body!) process.stdout.write(Buffer.from(chunk))

const { items } = await purser.calls.list()
for (const call of items) console.log(call.requested_name, call.outcome, call.charged, call.currency)

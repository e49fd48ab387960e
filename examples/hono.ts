/** Purser under a path of a Hono app, beside the app's own routes. Run it with Node 24: `node examples/hono.ts`. */

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createPurser } from 'purser'

// Others can reach this port, and every call needs a key. A database on disk needs a home beside it for that: { database, home }.
const purser = await createPurser({ database: ':memory:', simulated: true })
const { key } = await purser.keys.create({ name: 'example', scopes: { profiles: ['simulated'] } })

const app = new Hono()
app.get('/', (context) => context.text('An app with a gateway inside.'))
app.get('/costs', async (context) => context.json((await purser.usage.totals({ by: ['profile'] })).items))
app.mount('/llm', (request) => purser.fetch(request))

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 8787) }, ({ port }) => {
  console.log(`OPENAI_BASE_URL=http://127.0.0.1:${port}/llm/v1 OPENAI_API_KEY=${key}`)
})

process.once('SIGTERM', () => {
  server.close()
  void purser.close()
})

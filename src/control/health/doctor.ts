/** The operation that looks for what is wrong: with this machine, with the database, and in the books. Each failed line ends with what mends it. */

import { z } from 'zod'
import { operation } from '../operation.ts'
import { booksChecks } from './doctor-books.ts'
import { type Check, check } from './doctor-check.ts'
import { connectionChecks } from './doctor-connections.ts'
import { engineChecks } from './doctor-engine.ts'
import { machineChecks } from './doctor-machine.ts'
import { secretChecks } from './doctor-secrets.ts'

export const doctor = operation({
  name: 'doctor',
  summary:
    'Check Node, files, schema, engine settings, secrets, where profiles lead, and the invariants of the ledger. Fails if any check fails.',
  scope: 'system',
  effect: 'read',
  positional: ['part'],
  anySchema: true,
  input: z.strictObject({
    part: z.enum(['machine', 'schema', 'secrets', 'books']).optional().describe('Only this part: machine, schema, secrets or books.'),
  }),
  output: z.object({ healthy: z.boolean(), items: z.array(check), next: z.null() }),
  columns: [
    { field: 'result', title: 'RESULT' },
    { field: 'check', title: 'CHECK' },
    { field: 'detail', title: 'DETAIL' },
  ],
  example: 'purser doctor',
  async run(context, { part }) {
    const wanted = (name: typeof part) => part === undefined || part === name
    const engine = await engineChecks(context)
    const sound = engine.every((item) => item.check !== 'schema' || item.result === 'ok')
    const items = [
      ...(wanted('machine') ? machineChecks(context) : []),
      ...(wanted('schema') ? engine : []),
      ...(wanted('secrets') && sound ? [...(await secretChecks(context)), ...(await connectionChecks(context))] : []),
      ...(wanted('books') ? await (sound ? booksChecks(context) : unreadable) : []),
    ]
    return { healthy: items.every((item) => item.result !== 'failed'), items, next: null }
  },
})

const unreadable: readonly Check[] = [
  { check: 'books', result: 'failed', detail: 'not looked at: the schema is not right', mend: 'purser doctor schema' },
]

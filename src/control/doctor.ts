/** The operation that looks for what is wrong: with this machine, with the database, and in the books. Each failed line ends with what mends it. */

import { z } from 'zod'
import { booksChecks } from './doctor-books.ts'
import { check } from './doctor-check.ts'
import { engineChecks } from './doctor-engine.ts'
import { machineChecks } from './doctor-machine.ts'
import { operation } from './operation.ts'

export const doctor = operation({
  name: 'doctor',
  summary: 'Check Node, files, schema, engine settings and the invariants of the ledger. Fails if any check fails.',
  scope: 'system',
  effect: 'read',
  positional: [],
  input: z.strictObject({}),
  output: z.object({ healthy: z.boolean(), items: z.array(check), next: z.null() }),
  columns: [
    { field: 'result', title: 'RESULT' },
    { field: 'check', title: 'CHECK' },
    { field: 'detail', title: 'DETAIL' },
  ],
  example: 'purser doctor',
  async run(context) {
    const items = [...machineChecks(context), ...(await engineChecks(context)), ...(await booksChecks(context))]
    return { healthy: items.every((item) => item.result !== 'failed'), items, next: null }
  },
})

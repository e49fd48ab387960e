/** The process that dies: brings the database of the first argument to the migration of the second (`newest`, an id, or `none`). */

import { lockDatabase } from '../../src/store/open.ts'
import { bring, stillClock } from './migrate-state.ts'

const [path, target] = process.argv.slice(2) as [string, string]
const locked = await lockDatabase({ database: path, clock: stillClock, instance: { name: 'fault' } })
await bring(locked.executor, path, target)
await locked.release()

/** The process that dies: applies the backfill plan of the second argument, with the file of the third, to the database of the first. Ids, clock and randomness are the same each time. */

import { readFileSync } from 'node:fs'
import { applyPlan } from './backfill-state.ts'

const [path, plan, file] = process.argv.slice(2) as [string, string, string]
await applyPlan(path, plan, readFileSync(file, 'utf8'))

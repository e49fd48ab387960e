import { test } from 'node:test'
import { laws } from './manifest-laws.ts'

for (const [law, check] of Object.entries(laws)) test(law, () => check(300))

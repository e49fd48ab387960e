/** One line of what `doctor` found. */

import { z } from 'zod'

/** `warning` is for what a person should know and may leave so. `mend` is what to do about it. */
export const check = z.object({
  check: z.string(),
  result: z.enum(['ok', 'warning', 'failed']),
  detail: z.string(),
  mend: z.string().nullable(),
})
export type Check = z.output<typeof check>

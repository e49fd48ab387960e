/** Every migration in order, with the checksum of its file. Generated from this folder by `npm run docs`. */

import type { Registered } from '../registry.ts'
import { migration as m0001 } from './0001-housekeeping.ts'
import { migration as m0002 } from './0002-control.ts'
import { migration as m0003 } from './0003-rates.ts'
import { migration as m0004 } from './0004-ledger.ts'
import { migration as m0005 } from './0005-routes.ts'
import { migration as m0006 } from './0006-operators.ts'

export const registry: readonly Registered[] = [
  { ...m0001, checksum: 'dd717ad4d0c7469ce90ca46bb340be65dbfdf3eb0aa2b42babe4d3eb79a4dd26' },
  { ...m0002, checksum: 'd796955ebc8dc1faa888085f67109dc767191bb6a648d0ec9b29a1e3ef9e69f1' },
  { ...m0003, checksum: '9bddf4fa6e50b1f1595c5bd2544eee2a3fec55f8025c16dff868671fbc26b646' },
  { ...m0004, checksum: 'dac8280f6ebed2c41cd74fa16214e47339d4689cce9ea6a0242bafd4db63a7cb' },
  { ...m0005, checksum: '910a06914dfe9144649e9287918448db6b5848dcc97db0cb53bf68ff7cadb754' },
  { ...m0006, checksum: '8d9e9de0e9ffaf9b4315923e1601fa66f2965250d249e24f584907bdfd870a7f' },
]

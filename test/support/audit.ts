/** An audit entry for a batch whose test is about something else. */

import type { AuditEntry } from '../../src/store/store.ts'

let count = 0

export function audited(): [AuditEntry] {
  count += 1
  return [
    {
      id: `audit-${process.pid}-${count}`,
      actor_key_id: null,
      face: 'test',
      operation: 'test',
      target_kind: 'test',
      target_id: 'test',
      before: {},
      after: {},
      undo: {},
    },
  ]
}

/** The tables Purser keeps of itself: its migrations, its processes, the revision of the control tables, the base of shipped rows, rows set aside. */

import type { Migration } from '../migration.ts'

const tables = ['parked', 'canonical_base', 'revision', 'instances', 'migrations']

export const migration: Migration = {
  id: '0001-housekeeping',
  effect: 'additive',
  touches: tables,
  up: {
    kind: 'atomic',
    async run(schema) {
      await schema.createTable(
        'migrations',
        `
        id text NOT NULL
        state text NOT NULL
        checksum text NOT NULL
        release text NOT NULL
        effect text NOT NULL
        down_kind text NOT NULL
        loses text
        cursor text
        error text
        started_at instant NOT NULL
        finished_at instant
        PRIMARY KEY (id)
        `,
      )
      await schema.createTable(
        'instances',
        `
        id text NOT NULL
        name text NOT NULL
        epoch int NOT NULL
        boot_id text NOT NULL
        pid int NOT NULL
        ticks int NOT NULL DEFAULT 0
        started_at instant NOT NULL
        seen_at instant NOT NULL
        stopped_at instant
        PRIMARY KEY (id)
        `,
      )
      await schema.createTable('revision', 'n int NOT NULL\nPRIMARY KEY (n)')
      await schema.exec('INSERT INTO revision (n) VALUES (0)')
      await schema.createTable(
        'canonical_base',
        `
        kind text NOT NULL
        row_id text NOT NULL
        revision int NOT NULL
        fields json NOT NULL
        PRIMARY KEY (kind, row_id)
        `,
      )
      await schema.createTable(
        'parked',
        `
        id text NOT NULL
        kind text NOT NULL
        payload json NOT NULL
        reason text NOT NULL
        created_at instant NOT NULL
        resolved_at instant
        PRIMARY KEY (id)
        `,
      )
    },
  },
  down: {
    loses:
      'The record of running processes, what the shipped configuration said when it was last merged, and every row that was set aside.',
    lossy: {
      kind: 'atomic',
      async run(schema) {
        for (const table of tables) await schema.exec(`DROP TABLE ${table}`)
      },
    },
  },
}

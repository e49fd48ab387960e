/** What operators do and bring in: the audit log, settings, rotating keys, sealed secrets and their bindings, plans, imports. */

import type { Migration } from '../migration.ts'

const tables = ['preserved', 'provenance', 'imports', 'plans', 'secret_bindings', 'sealed_secrets', 'settings', 'audit_log']
const keyColumns = ['next_hash text', 'next_until instant', 'last_used_at instant']

export const migration: Migration = {
  id: '0006-operators',
  effect: 'additive',
  touches: [...tables, 'keys'],
  up: {
    kind: 'atomic',
    async run(schema) {
      await schema.createTable(
        'audit_log',
        `
        id text NOT NULL
        actor_key_id text
        face text NOT NULL
        operation text NOT NULL
        target_kind text NOT NULL
        target_id text NOT NULL
        before json NOT NULL
        after json NOT NULL
        undo json NOT NULL
        revision int NOT NULL
        created_at instant NOT NULL
        PRIMARY KEY (id)
        `,
        { insertOnly: [['id']] },
      )
      await schema.createTable(
        'settings',
        `
        name text NOT NULL
        value json NOT NULL
        updated_at instant NOT NULL
        PRIMARY KEY (name)
        `,
      )
      for (const column of keyColumns) await schema.addColumn('keys', column)
      await schema.createTable(
        'sealed_secrets',
        `
        id text NOT NULL
        kid text NOT NULL
        wrapped_key text NOT NULL
        nonce text NOT NULL
        ciphertext text NOT NULL
        origin text NOT NULL
        fingerprint text NOT NULL
        created_at instant NOT NULL
        rotated_at instant NOT NULL
        PRIMARY KEY (id)
        `,
      )
      await schema.createTable(
        'secret_bindings',
        `
        reference text NOT NULL
        origin text NOT NULL
        hmac text NOT NULL
        PRIMARY KEY (reference, origin)
        `,
      )
      await schema.createTable(
        'plans',
        `
        digest text NOT NULL
        kind text NOT NULL
        body json NOT NULL
        revision int NOT NULL
        created_at instant NOT NULL
        applied_at instant
        PRIMARY KEY (digest)
        `,
      )
      await schema.createTable(
        'imports',
        `
        id text NOT NULL
        kind text NOT NULL
        input_digest text NOT NULL
        plan_digest text NOT NULL
        created_at instant NOT NULL
        PRIMARY KEY (id)
        `,
      )
      await schema.createTable(
        'provenance',
        `
        import_id text NOT NULL
        kind text NOT NULL
        row_id text NOT NULL
        field text NOT NULL
        pointer text NOT NULL
        era text NOT NULL
        rule text NOT NULL
        value json NOT NULL
        PRIMARY KEY (import_id, kind, row_id, field)
        FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE RESTRICT
        `,
      )
      await schema.createTable(
        'preserved',
        `
        import_id text NOT NULL
        pointer text NOT NULL
        value json NOT NULL
        PRIMARY KEY (import_id, pointer)
        FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE RESTRICT
        `,
      )
    },
  },
  down: {
    loses:
      'The audit log, settings, sealed secrets and bindings, plans, what imports preserved, and the second secret of keys in rotation.',
    lossy: {
      kind: 'atomic',
      async run(schema) {
        for (const table of tables) await schema.exec(`DROP TABLE ${table}`)
        for (const column of keyColumns.toReversed()) await schema.exec(`ALTER TABLE keys DROP COLUMN ${column.split(' ')[0]}`)
      },
    },
  },
}

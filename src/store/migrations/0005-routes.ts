/** A name for several profiles: routes with their members in order, and which profiles may be asked twice. */

import type { Migration } from '../migration.ts'

export const migration: Migration = {
  id: '0005-routes',
  effect: 'additive',
  touches: ['route_members', 'routes', 'model_profiles'],
  up: {
    kind: 'atomic',
    async run(schema) {
      await schema.createTable(
        'routes',
        `
        id text NOT NULL
        name text NOT NULL
        allow_cross json NOT NULL DEFAULT '[]'
        is_canonical bool NOT NULL DEFAULT 0
        canonical_revision int
        disabled bool NOT NULL DEFAULT 0
        removed_at instant
        created_at instant NOT NULL
        updated_at instant NOT NULL
        PRIMARY KEY (id)
        `,
      )
      await schema.exec('CREATE UNIQUE INDEX routes_name ON routes (name) WHERE removed_at IS NULL')
      await schema.createTable(
        'route_members',
        `
        route_id text NOT NULL
        position int NOT NULL
        profile_id text NOT NULL
        weight int
        conditions json NOT NULL DEFAULT '{}'
        PRIMARY KEY (route_id, position)
        FOREIGN KEY (route_id) REFERENCES routes (id) ON DELETE RESTRICT
        FOREIGN KEY (profile_id) REFERENCES model_profiles (id) ON DELETE RESTRICT
        `,
      )
      await schema.addColumn('model_profiles', 'idempotent bool NOT NULL DEFAULT 0')
    },
  },
  down: {
    loses: 'Every route, and which profiles may be asked twice.',
    lossy: {
      kind: 'atomic',
      async run(schema) {
        await schema.exec('ALTER TABLE model_profiles DROP COLUMN idempotent')
        await schema.exec('DROP TABLE route_members')
        await schema.exec('DROP TABLE routes')
      },
    },
  },
}

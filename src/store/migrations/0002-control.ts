/** What operators manage: providers, connections, model profiles and keys. */

import type { Migration } from '../migration.ts'

const tables = ['keys', 'model_profiles', 'connections', 'providers']

const shipped = `
        is_canonical bool NOT NULL DEFAULT 0
        canonical_revision int
        disabled bool NOT NULL DEFAULT 0
        removed_at instant
        created_at instant NOT NULL
        updated_at instant NOT NULL`

export const migration: Migration = {
  id: '0002-control',
  effect: 'additive',
  touches: tables,
  up: {
    kind: 'atomic',
    async run(schema) {
      await schema.createTable(
        'providers',
        `
        id text NOT NULL
        name text NOT NULL
        contract text NOT NULL
        base_url text NOT NULL
        dialect json NOT NULL DEFAULT '{}'
        network text NOT NULL DEFAULT 'public'
        network_cidrs json
        stops_on_disconnect bool
        bills_errors bool NOT NULL DEFAULT 0
        modality text NOT NULL DEFAULT 'chat'
        ${shipped}
        PRIMARY KEY (id)
        `,
      )
      await schema.exec('CREATE UNIQUE INDEX providers_name ON providers (name) WHERE removed_at IS NULL')
      await schema.createTable(
        'connections',
        `
        id text NOT NULL
        name text NOT NULL
        provider_id text NOT NULL
        auth json NOT NULL
        billing text NOT NULL
        platform text
        on_abandon text
        canonical_equivalent_id text
        ${shipped}
        PRIMARY KEY (id)
        FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT
        FOREIGN KEY (canonical_equivalent_id) REFERENCES connections (id) DEFERRABLE INITIALLY DEFERRED
        `,
      )
      await schema.exec('CREATE UNIQUE INDEX connections_name ON connections (name) WHERE removed_at IS NULL')
      await schema.createTable(
        'model_profiles',
        `
        id text NOT NULL
        name text NOT NULL
        provider_id text NOT NULL
        connection_id text
        model text NOT NULL
        system_prompt text
        temperature real
        max_tokens int
        params json NOT NULL DEFAULT '{}'
        timeouts json NOT NULL DEFAULT '{}'
        strict bool NOT NULL DEFAULT 0
        ${shipped}
        PRIMARY KEY (id)
        FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT
        FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE RESTRICT
        `,
      )
      await schema.exec('CREATE UNIQUE INDEX model_profiles_name ON model_profiles (name) WHERE removed_at IS NULL')
      await schema.createTable(
        'keys',
        `
        id text NOT NULL
        tenant_id text NOT NULL DEFAULT 'default'
        name text NOT NULL
        kind text NOT NULL
        secret_hash text NOT NULL
        scopes json NOT NULL DEFAULT '{}'
        expires_at instant
        revoked_at instant
        created_at instant NOT NULL
        PRIMARY KEY (id)
        `,
      )
      await schema.exec('CREATE UNIQUE INDEX keys_name ON keys (tenant_id, name) WHERE revoked_at IS NULL')
    },
  },
  down: {
    loses: 'Every provider, connection, model profile and key.',
    lossy: {
      kind: 'atomic',
      async run(schema) {
        for (const table of tables) await schema.exec(`DROP TABLE ${table}`)
      },
    },
  },
}

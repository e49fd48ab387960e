/** Prices: insert-only rows in sealed batches, with the triggers by which the database itself keeps them so. */

import type { Migration } from '../migration.ts'

const tables = ['model_aliases', 'rate_card_voids', 'rate_card_multipliers', 'rate_card_components', 'rate_cards', 'rate_batches']

const inBatch = 'FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED'
const ofCard = 'FOREIGN KEY (rate_card_id, recorded_at) REFERENCES rate_cards (id, recorded_at) ON DELETE RESTRICT'

const cardVersion = ['provider_id', "coalesce(connection_id,'')", 'model', 'effective_from', 'revision']
const aliasVersion = ['provider_id', 'alias', 'effective_from', 'revision']

export const migration: Migration = {
  id: '0003-rates',
  effect: 'additive',
  touches: tables,
  up: {
    kind: 'atomic',
    async run(schema) {
      await schema.createTriggerFunctions()
      await schema.createTable(
        'rate_batches',
        `
        recorded_at instant NOT NULL
        source text NOT NULL
        actor text NOT NULL
        note text
        PRIMARY KEY (recorded_at)
        `,
        { insertOnly: [['recorded_at']], seal: 'batch' },
      )
      await schema.createTable(
        'rate_cards',
        `
        id text NOT NULL
        provider_id text NOT NULL
        connection_id text
        model text NOT NULL
        match_mode text NOT NULL DEFAULT 'exact'
        input_token_nanos_per_1m int NOT NULL
        output_token_nanos_per_1m int NOT NULL
        cache_write_token_nanos_per_1m int
        cache_read_token_nanos_per_1m int
        currency text NOT NULL DEFAULT 'USD'
        effective_from instant NOT NULL
        revision int NOT NULL DEFAULT 0
        recorded_at instant NOT NULL
        source text NOT NULL
        source_ref json NOT NULL DEFAULT '{}'
        PRIMARY KEY (id)
        CONSTRAINT rate_cards_pattern_source CHECK (match_mode = 'exact' OR source = 'user_override')
        CONSTRAINT rate_cards_match_mode CHECK (match_mode IN ('exact','prefix','glob'))
        CONSTRAINT rate_cards_currency CHECK (length(currency) = 3 AND currency = upper(currency))
        CONSTRAINT rate_cards_model CHECK (length(model) BETWEEN 1 AND 512)
        CONSTRAINT rate_cards_prices CHECK (input_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND output_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND coalesce(cache_write_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999 AND coalesce(cache_read_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999)
        FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT
        FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE RESTRICT
        ${inBatch}
        `,
        { insertOnly: [['id'], cardVersion, ['id', 'recorded_at']], seal: 'row', revisionCounts: cardVersion.slice(0, -1) },
      )
      await schema.exec(`CREATE UNIQUE INDEX rate_cards_version ON rate_cards (${cardVersion.join(', ')})`)
      await schema.exec('CREATE UNIQUE INDEX rate_cards_recorded ON rate_cards (id, recorded_at)')
      await schema.createTable(
        'rate_card_components',
        `
        id text NOT NULL
        rate_card_id text NOT NULL
        meter text NOT NULL
        price_nanos int
        per_units int NOT NULL
        conditions json NOT NULL DEFAULT '{}'
        condition_key text NOT NULL
        priority int NOT NULL DEFAULT 0
        recorded_at instant NOT NULL
        PRIMARY KEY (id)
        ${ofCard}
        ${inBatch}
        `,
        { insertOnly: [['id'], ['rate_card_id', 'meter', 'condition_key']], seal: 'row' },
      )
      await schema.exec('CREATE UNIQUE INDEX rate_card_components_set ON rate_card_components (rate_card_id, meter, condition_key)')
      await schema.createTable(
        'rate_card_multipliers',
        `
        id text NOT NULL
        rate_card_id text NOT NULL
        meters json NOT NULL
        num int NOT NULL
        den int NOT NULL
        conditions json NOT NULL DEFAULT '{}'
        condition_key text NOT NULL
        recorded_at instant NOT NULL
        PRIMARY KEY (id)
        ${ofCard}
        ${inBatch}
        `,
        { insertOnly: [['id']], seal: 'row' },
      )
      await schema.createTable(
        'rate_card_voids',
        `
        id text NOT NULL
        rate_card_id text NOT NULL
        reason text NOT NULL
        replaced_by text
        recorded_at instant NOT NULL
        PRIMARY KEY (id)
        FOREIGN KEY (rate_card_id) REFERENCES rate_cards (id) ON DELETE RESTRICT
        ${inBatch}
        `,
        { insertOnly: [['id'], ['rate_card_id']], seal: 'row' },
      )
      await schema.exec('CREATE UNIQUE INDEX rate_card_voids_card ON rate_card_voids (rate_card_id)')
      await schema.createTable(
        'model_aliases',
        `
        id text NOT NULL
        provider_id text NOT NULL
        alias text NOT NULL
        model text
        effective_from instant NOT NULL
        revision int NOT NULL DEFAULT 0
        recorded_at instant NOT NULL
        source text NOT NULL
        source_ref json NOT NULL DEFAULT '{}'
        PRIMARY KEY (id)
        FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT
        ${inBatch}
        `,
        { insertOnly: [['id'], aliasVersion], seal: 'row', revisionCounts: aliasVersion.slice(0, -1) },
      )
      await schema.exec(`CREATE UNIQUE INDEX model_aliases_version ON model_aliases (${aliasVersion.join(', ')})`)
    },
  },
  down: {
    loses: 'Every rate card with its components, multipliers and voids, every model alias, and when each was learned.',
    lossy: {
      kind: 'atomic',
      async run(schema) {
        for (const table of tables) await schema.exec(`DROP TABLE ${table}`)
        await schema.dropTriggerFunctions()
      },
    },
  },
}

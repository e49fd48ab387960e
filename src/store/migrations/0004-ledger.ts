/** The books: calls, their attempts, what became of each, and the lines it was charged by. */

import type { Migration } from '../migration.ts'

const tables = ['charges', 'settlements', 'open_attempts', 'attempts', 'calls']

export const migration: Migration = {
  id: '0004-ledger',
  effect: 'additive',
  touches: tables,
  up: {
    kind: 'atomic',
    async run(schema) {
      await schema.createTable(
        'calls',
        `
        id text NOT NULL
        tenant_id text NOT NULL
        key_id text
        contract text NOT NULL
        endpoint text NOT NULL
        stream bool NOT NULL
        requested_name text NOT NULL
        decision json NOT NULL
        config_revision int NOT NULL
        labels json NOT NULL
        client text
        session_id text
        request_bytes int NOT NULL
        idempotency_digest text
        caller_retry int
        created_at instant NOT NULL
        PRIMARY KEY (id)
        `,
        { insertOnly: [['id']] },
      )
      await schema.createTable(
        'attempts',
        `
        id text NOT NULL
        call_id text NOT NULL
        attempt_no int NOT NULL
        instance_id text NOT NULL
        epoch int NOT NULL
        profile_id text
        profile_name text
        connection_id text NOT NULL
        connection_name text NOT NULL
        provider_id text NOT NULL
        provider_name text NOT NULL
        model text NOT NULL
        contract text NOT NULL
        billing text NOT NULL
        locality text NOT NULL
        priced_at instant NOT NULL
        known_at instant NOT NULL
        currency text
        bound_class text
        reserved_pico int
        bound_terms json
        created_at instant NOT NULL
        PRIMARY KEY (id)
        FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE RESTRICT
        `,
        { insertOnly: [['id']] },
      )
      await schema.createTable(
        'open_attempts',
        `
        attempt_id text NOT NULL
        instance_id text NOT NULL
        created_at instant NOT NULL
        progress json
        progress_at instant
        PRIMARY KEY (attempt_id)
        FOREIGN KEY (attempt_id) REFERENCES attempts (id) ON DELETE RESTRICT
        `,
      )
      await schema.createTable(
        'settlements',
        `
        attempt_id text NOT NULL
        instance_id text NOT NULL
        epoch int NOT NULL
        outcome text NOT NULL
        error_kind text
        upstream_status int
        upstream_id text
        stop_reason text
        warnings json NOT NULL
        first_byte_ms int
        duration_ms int NOT NULL
        response_bytes int NOT NULL
        settled_at instant NOT NULL
        usage json
        raw_usage text
        usage_source text NOT NULL
        usage_flags json NOT NULL
        price_context json NOT NULL
        requested_model text NOT NULL
        reported_model text
        matched text
        pricing_status text NOT NULL
        unpriced json NOT NULL
        currency text
        charged_pico int
        shadow_pico int
        cost_source text NOT NULL
        provider_cost_pico int
        rules_version int NOT NULL
        PRIMARY KEY (attempt_id)
        FOREIGN KEY (attempt_id) REFERENCES attempts (id) ON DELETE RESTRICT
        `,
        { insertOnly: [['attempt_id']] },
      )
      await schema.createTable(
        'charges',
        `
        attempt_id text NOT NULL
        line_no int NOT NULL
        segment int NOT NULL
        role text NOT NULL
        meter text NOT NULL
        qty int NOT NULL
        price_meter text NOT NULL
        price_nanos int NOT NULL
        per_units int NOT NULL
        num int NOT NULL
        den int NOT NULL
        amount_pico int NOT NULL
        currency text NOT NULL
        rate_card_id text
        component_id text
        multiplier_ids json NOT NULL
        reported_model text
        PRIMARY KEY (attempt_id, line_no)
        FOREIGN KEY (attempt_id) REFERENCES settlements (attempt_id) ON DELETE RESTRICT
        `,
        { insertOnly: [['attempt_id', 'line_no']], clustered: true },
      )
    },
  },
  down: {
    loses: 'The whole ledger: every call, attempt, settlement and charge.',
    lossy: {
      kind: 'atomic',
      async run(schema) {
        for (const table of tables) await schema.exec(`DROP TABLE ${table}`)
      },
    },
  },
}

/** Every table, once, for both engines: columns by kind, keys, foreign keys, checks, and which tables are insert-only. Printers and types are read off this value. */

import type { Json } from '../core/json.ts'

/**
 * What a column holds, printed per engine. In code: `text` string, `int` bigint, `bool` boolean, `json` a JSON value,
 * `instant` epoch milliseconds as number, `real` number. A column name has one kind in the whole schema.
 */
export type Kind = 'text' | 'int' | 'bool' | 'json' | 'instant' | 'real'

export type Column = { readonly kind: Kind; readonly nullable?: true; readonly default?: string | number }

export type ForeignKey = {
  readonly columns: readonly string[]
  readonly references: { readonly table: string; readonly columns: readonly string[] }
  /** Checked at COMMIT instead of at the statement. */
  readonly deferred?: true
}

export type UniqueIndex = {
  readonly name: string
  /** Column names, or expressions over them such as `coalesce(connection_id,'')`. */
  readonly on: readonly string[]
  readonly where?: string
}

export type Table = {
  readonly columns: Readonly<Record<string, Column>>
  readonly primaryKey: readonly string[]
  readonly unique?: readonly UniqueIndex[]
  readonly indexes?: readonly UniqueIndex[]
  readonly foreignKeys?: readonly ForeignKey[]
  readonly checks?: readonly { readonly name: string; readonly sql: string }[]
  /** No row is ever changed, replaced or removed: triggers refuse it on both engines. */
  readonly insertOnly?: true
  /** `row`: its `recorded_at` must name a batch that does not exist yet. `batch`: must be newer than the newest. */
  readonly seal?: 'row' | 'batch'
  /** `revision` must be the count of rows already at this key: no gaps, no overtaking. */
  readonly revisionCounts?: readonly string[]
  /** WITHOUT ROWID on SQLite. */
  readonly clustered?: true
}

const text = { kind: 'text' } as const
const textNull = { kind: 'text', nullable: true } as const
const int = { kind: 'int' } as const
const intNull = { kind: 'int', nullable: true } as const
const bool = { kind: 'bool' } as const
const no = { kind: 'bool', default: 0 } as const
const json = { kind: 'json' } as const
const emptyObject = { kind: 'json', default: '{}' } as const
const instant = { kind: 'instant' } as const
const instantNull = { kind: 'instant', nullable: true } as const

const shipped = {
  is_canonical: no,
  canonical_revision: intNull,
  disabled: no,
  removed_at: instantNull,
  created_at: instant,
  updated_at: instant,
} as const

export const tables = {
  migrations: {
    columns: {
      id: text,
      state: text,
      checksum: text,
      release: text,
      effect: text,
      down_kind: text,
      loses: textNull,
      cursor: textNull,
      error: textNull,
      started_at: instant,
      finished_at: instantNull,
    },
    primaryKey: ['id'],
  },
  instances: {
    columns: {
      id: text,
      name: text,
      epoch: int,
      boot_id: text,
      pid: int,
      ticks: { kind: 'int', default: 0 },
      started_at: instant,
      seen_at: instant,
      stopped_at: instantNull,
    },
    primaryKey: ['id'],
  },
  revision: {
    columns: { n: int },
    primaryKey: ['n'],
  },
  canonical_base: {
    columns: { kind: text, row_id: text, revision: int, fields: json },
    primaryKey: ['kind', 'row_id'],
  },
  providers: {
    columns: {
      id: text,
      name: text,
      contract: text,
      base_url: text,
      dialect: emptyObject,
      network: { kind: 'text', default: 'public' },
      network_cidrs: { kind: 'json', nullable: true },
      stops_on_disconnect: { kind: 'bool', nullable: true },
      bills_errors: no,
      modality: { kind: 'text', default: 'chat' },
      ...shipped,
    },
    primaryKey: ['id'],
    unique: [{ name: 'providers_name', on: ['name'], where: 'removed_at IS NULL' }],
  },
  connections: {
    columns: {
      id: text,
      name: text,
      provider_id: text,
      auth: json,
      billing: text,
      platform: textNull,
      on_abandon: textNull,
      canonical_equivalent_id: textNull,
      ...shipped,
    },
    primaryKey: ['id'],
    unique: [{ name: 'connections_name', on: ['name'], where: 'removed_at IS NULL' }],
    foreignKeys: [
      { columns: ['provider_id'], references: { table: 'providers', columns: ['id'] } },
      { columns: ['canonical_equivalent_id'], references: { table: 'connections', columns: ['id'] }, deferred: true },
    ],
  },
  model_profiles: {
    columns: {
      id: text,
      name: text,
      provider_id: text,
      connection_id: textNull,
      model: text,
      system_prompt: textNull,
      temperature: { kind: 'real', nullable: true },
      max_tokens: intNull,
      params: emptyObject,
      timeouts: emptyObject,
      strict: no,
      ...shipped,
      idempotent: no,
    },
    primaryKey: ['id'],
    unique: [{ name: 'model_profiles_name', on: ['name'], where: 'removed_at IS NULL' }],
    foreignKeys: [
      { columns: ['provider_id'], references: { table: 'providers', columns: ['id'] } },
      { columns: ['connection_id'], references: { table: 'connections', columns: ['id'] } },
    ],
  },
  routes: {
    columns: { id: text, name: text, allow_cross: { kind: 'json', default: '[]' }, ...shipped },
    primaryKey: ['id'],
    unique: [{ name: 'routes_name', on: ['name'], where: 'removed_at IS NULL' }],
  },
  route_members: {
    columns: { route_id: text, position: int, profile_id: text, weight: intNull, conditions: emptyObject },
    primaryKey: ['route_id', 'position'],
    foreignKeys: [
      { columns: ['route_id'], references: { table: 'routes', columns: ['id'] } },
      { columns: ['profile_id'], references: { table: 'model_profiles', columns: ['id'] } },
    ],
  },
  keys: {
    columns: {
      id: text,
      tenant_id: { kind: 'text', default: 'default' },
      name: text,
      kind: text,
      secret_hash: text,
      scopes: emptyObject,
      expires_at: instantNull,
      revoked_at: instantNull,
      created_at: instant,
      next_hash: textNull,
      next_until: instantNull,
      last_used_at: instantNull,
    },
    primaryKey: ['id'],
    unique: [{ name: 'keys_name', on: ['tenant_id', 'name'], where: 'revoked_at IS NULL' }],
  },
  rate_batches: {
    columns: { recorded_at: instant, source: text, actor: text, note: textNull },
    primaryKey: ['recorded_at'],
    insertOnly: true,
    seal: 'batch',
  },
  rate_cards: {
    columns: {
      id: text,
      provider_id: text,
      connection_id: textNull,
      model: text,
      match_mode: { kind: 'text', default: 'exact' },
      input_token_nanos_per_1m: int,
      output_token_nanos_per_1m: int,
      cache_write_token_nanos_per_1m: intNull,
      cache_read_token_nanos_per_1m: intNull,
      currency: { kind: 'text', default: 'USD' },
      effective_from: instant,
      revision: { kind: 'int', default: 0 },
      recorded_at: instant,
      source: text,
      source_ref: emptyObject,
    },
    primaryKey: ['id'],
    unique: [
      { name: 'rate_cards_version', on: ['provider_id', "coalesce(connection_id,'')", 'model', 'effective_from', 'revision'] },
      { name: 'rate_cards_recorded', on: ['id', 'recorded_at'] },
    ],
    foreignKeys: [
      { columns: ['provider_id'], references: { table: 'providers', columns: ['id'] } },
      { columns: ['connection_id'], references: { table: 'connections', columns: ['id'] } },
      { columns: ['recorded_at'], references: { table: 'rate_batches', columns: ['recorded_at'] }, deferred: true },
    ],
    checks: [
      { name: 'rate_cards_pattern_source', sql: "match_mode = 'exact' OR source = 'user_override'" },
      { name: 'rate_cards_match_mode', sql: "match_mode IN ('exact','prefix','glob')" },
      { name: 'rate_cards_currency', sql: 'length(currency) = 3 AND currency = upper(currency)' },
      { name: 'rate_cards_model', sql: 'length(model) BETWEEN 1 AND 512' },
      {
        name: 'rate_cards_prices',
        sql: 'input_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND output_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND coalesce(cache_write_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999 AND coalesce(cache_read_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999',
      },
    ],
    insertOnly: true,
    seal: 'row',
    revisionCounts: ['provider_id', "coalesce(connection_id,'')", 'model', 'effective_from'],
  },
  rate_card_components: {
    columns: {
      id: text,
      rate_card_id: text,
      meter: text,
      price_nanos: intNull,
      per_units: int,
      conditions: emptyObject,
      condition_key: text,
      priority: { kind: 'int', default: 0 },
      recorded_at: instant,
    },
    primaryKey: ['id'],
    unique: [{ name: 'rate_card_components_set', on: ['rate_card_id', 'meter', 'condition_key'] }],
    foreignKeys: [
      { columns: ['rate_card_id', 'recorded_at'], references: { table: 'rate_cards', columns: ['id', 'recorded_at'] } },
      { columns: ['recorded_at'], references: { table: 'rate_batches', columns: ['recorded_at'] }, deferred: true },
    ],
    insertOnly: true,
    seal: 'row',
  },
  rate_card_multipliers: {
    columns: {
      id: text,
      rate_card_id: text,
      meters: json,
      num: int,
      den: int,
      conditions: emptyObject,
      condition_key: text,
      recorded_at: instant,
    },
    primaryKey: ['id'],
    foreignKeys: [
      { columns: ['rate_card_id', 'recorded_at'], references: { table: 'rate_cards', columns: ['id', 'recorded_at'] } },
      { columns: ['recorded_at'], references: { table: 'rate_batches', columns: ['recorded_at'] }, deferred: true },
    ],
    insertOnly: true,
    seal: 'row',
  },
  rate_card_voids: {
    columns: { id: text, rate_card_id: text, reason: text, replaced_by: textNull, recorded_at: instant },
    primaryKey: ['id'],
    unique: [{ name: 'rate_card_voids_card', on: ['rate_card_id'] }],
    foreignKeys: [
      { columns: ['rate_card_id'], references: { table: 'rate_cards', columns: ['id'] } },
      { columns: ['recorded_at'], references: { table: 'rate_batches', columns: ['recorded_at'] }, deferred: true },
    ],
    insertOnly: true,
    seal: 'row',
  },
  model_aliases: {
    columns: {
      id: text,
      provider_id: text,
      alias: text,
      model: textNull,
      effective_from: instant,
      revision: { kind: 'int', default: 0 },
      recorded_at: instant,
      source: text,
      source_ref: emptyObject,
    },
    primaryKey: ['id'],
    unique: [{ name: 'model_aliases_version', on: ['provider_id', 'alias', 'effective_from', 'revision'] }],
    foreignKeys: [
      { columns: ['provider_id'], references: { table: 'providers', columns: ['id'] } },
      { columns: ['recorded_at'], references: { table: 'rate_batches', columns: ['recorded_at'] }, deferred: true },
    ],
    insertOnly: true,
    seal: 'row',
    revisionCounts: ['provider_id', 'alias', 'effective_from'],
  },
  calls: {
    columns: {
      id: text,
      tenant_id: text,
      key_id: textNull,
      contract: text,
      endpoint: text,
      stream: bool,
      requested_name: text,
      decision: json,
      config_revision: int,
      labels: json,
      client: textNull,
      session_id: textNull,
      request_bytes: int,
      idempotency_digest: textNull,
      caller_retry: intNull,
      created_at: instant,
    },
    primaryKey: ['id'],
    insertOnly: true,
  },
  attempts: {
    columns: {
      id: text,
      call_id: text,
      attempt_no: int,
      instance_id: text,
      epoch: int,
      profile_id: textNull,
      profile_name: textNull,
      connection_id: text,
      connection_name: text,
      provider_id: text,
      provider_name: text,
      model: text,
      contract: text,
      billing: text,
      locality: text,
      priced_at: instant,
      known_at: instant,
      currency: textNull,
      bound_class: textNull,
      reserved_pico: intNull,
      bound_terms: { kind: 'json', nullable: true },
      created_at: instant,
    },
    primaryKey: ['id'],
    foreignKeys: [{ columns: ['call_id'], references: { table: 'calls', columns: ['id'] } }],
    insertOnly: true,
  },
  open_attempts: {
    columns: {
      attempt_id: text,
      instance_id: text,
      created_at: instant,
      progress: { kind: 'json', nullable: true },
      progress_at: instantNull,
    },
    primaryKey: ['attempt_id'],
    foreignKeys: [{ columns: ['attempt_id'], references: { table: 'attempts', columns: ['id'] } }],
  },
  settlements: {
    columns: {
      attempt_id: text,
      instance_id: text,
      epoch: int,
      outcome: text,
      error_kind: textNull,
      upstream_status: intNull,
      upstream_id: textNull,
      stop_reason: textNull,
      warnings: json,
      first_byte_ms: intNull,
      duration_ms: int,
      response_bytes: int,
      settled_at: instant,
      usage: { kind: 'json', nullable: true },
      raw_usage: textNull,
      usage_source: text,
      usage_flags: json,
      price_context: json,
      requested_model: text,
      reported_model: textNull,
      matched: textNull,
      pricing_status: text,
      unpriced: json,
      currency: textNull,
      charged_pico: intNull,
      shadow_pico: intNull,
      cost_source: text,
      provider_cost_pico: intNull,
      rules_version: int,
    },
    primaryKey: ['attempt_id'],
    foreignKeys: [{ columns: ['attempt_id'], references: { table: 'attempts', columns: ['id'] } }],
    insertOnly: true,
  },
  charges: {
    columns: {
      attempt_id: text,
      line_no: int,
      segment: int,
      role: text,
      meter: text,
      qty: int,
      price_meter: text,
      price_nanos: int,
      per_units: int,
      num: int,
      den: int,
      amount_pico: int,
      currency: text,
      rate_card_id: textNull,
      component_id: textNull,
      multiplier_ids: json,
      reported_model: textNull,
    },
    primaryKey: ['attempt_id', 'line_no'],
    foreignKeys: [{ columns: ['attempt_id'], references: { table: 'settlements', columns: ['attempt_id'] } }],
    insertOnly: true,
    clustered: true,
  },
  parked: {
    columns: { id: text, kind: text, payload: json, reason: text, created_at: instant, resolved_at: instantNull },
    primaryKey: ['id'],
  },
  audit_log: {
    columns: {
      id: text,
      actor_key_id: textNull,
      face: text,
      operation: text,
      target_kind: text,
      target_id: text,
      before: json,
      after: json,
      undo: json,
      revision: int,
      created_at: instant,
    },
    primaryKey: ['id'],
    insertOnly: true,
  },
  settings: {
    columns: { name: text, value: json, updated_at: instant },
    primaryKey: ['name'],
  },
  sealed_secrets: {
    columns: {
      id: text,
      kid: text,
      wrapped_key: text,
      nonce: text,
      ciphertext: text,
      origin: text,
      fingerprint: text,
      created_at: instant,
      rotated_at: instant,
    },
    primaryKey: ['id'],
  },
  secret_bindings: {
    columns: { reference: text, origin: text, hmac: text },
    primaryKey: ['reference', 'origin'],
  },
  plans: {
    columns: { digest: text, kind: text, body: json, revision: int, created_at: instant, applied_at: instantNull },
    primaryKey: ['digest'],
  },
  imports: {
    columns: { id: text, kind: text, input_digest: text, plan_digest: text, created_at: instant },
    primaryKey: ['id'],
  },
  provenance: {
    columns: { import_id: text, kind: text, row_id: text, field: text, pointer: text, era: text, rule: text, value: json },
    primaryKey: ['import_id', 'kind', 'row_id', 'field'],
    foreignKeys: [{ columns: ['import_id'], references: { table: 'imports', columns: ['id'] } }],
  },
  preserved: {
    columns: { import_id: text, pointer: text, value: json },
    primaryKey: ['import_id', 'pointer'],
    foreignKeys: [{ columns: ['import_id'], references: { table: 'imports', columns: ['id'] } }],
  },
} as const satisfies Record<string, Table>

type Value<K extends Kind> = K extends 'text'
  ? string
  : K extends 'int'
    ? bigint
    : K extends 'bool'
      ? boolean
      : K extends 'json'
        ? Json
        : number
type Field<C extends Column> = C extends { nullable: true } ? Value<C['kind']> | null : Value<C['kind']>
type Fields<C extends Readonly<Record<string, Column>>> = { -readonly [N in keyof C]: Field<C[N]> }

export type TableName = keyof typeof tables
/** Rows as they are read: kinds already turned into the values above. */
export type Tables = { -readonly [T in TableName]: Fields<(typeof tables)[T]['columns']> }
export type Row<T extends TableName> = Tables[T]

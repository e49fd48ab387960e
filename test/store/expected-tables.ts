/** The tables as the design lists them, written by hand: a name and its storage, `?` where NULL may stand, `=` and the default. */

export type ExpectedTable = {
  readonly columns: string
  readonly primaryKey: string
  /** Column lists that no two rows share. */
  readonly unique?: readonly string[]
  /** Column lists and the tables they lead to. */
  readonly foreignKeys?: Readonly<Record<string, string>>
  readonly insertOnly?: true
  /** Values other than the plain sample, where a check or a parent row wants them. */
  readonly sample?: Readonly<Record<string, string | number>>
}

const shipped = 'is_canonical:int=0 canonical_revision:int? disabled:int=0 removed_at:int? created_at:int updated_at:int'

export const expectedTables: Readonly<Record<string, ExpectedTable>> = {
  migrations: {
    columns:
      'id:text state:text checksum:text release:text effect:text down_kind:text loses:text? cursor:text? error:text? started_at:int finished_at:int?',
    primaryKey: 'id',
    sample: { id: '9999-sample' },
  },
  instances: {
    columns: 'id:text name:text epoch:int boot_id:text pid:int ticks:int=0 started_at:int seen_at:int stopped_at:int?',
    primaryKey: 'id',
  },
  revision: { columns: 'n:int', primaryKey: 'n', sample: { n: 7 } },
  canonical_base: { columns: 'kind:text row_id:text revision:int fields:text', primaryKey: 'kind, row_id' },
  parked: { columns: 'id:text kind:text payload:text reason:text created_at:int resolved_at:int?', primaryKey: 'id' },
  providers: {
    columns: `id:text name:text contract:text base_url:text dialect:text='{}' network:text='public' network_cidrs:text? stops_on_disconnect:int? bills_errors:int=0 modality:text='chat' ${shipped}`,
    primaryKey: 'id',
    unique: ['name'],
  },
  connections: {
    columns: `id:text name:text provider_id:text auth:text billing:text platform:text? on_abandon:text? canonical_equivalent_id:text? ${shipped}`,
    primaryKey: 'id',
    unique: ['name'],
    foreignKeys: { provider_id: 'providers', canonical_equivalent_id: 'connections' },
  },
  model_profiles: {
    columns: `id:text name:text provider_id:text connection_id:text? model:text system_prompt:text? temperature:real? max_tokens:int? params:text='{}' timeouts:text='{}' strict:int=0 ${shipped} idempotent:int=0`,
    primaryKey: 'id',
    unique: ['name'],
    foreignKeys: { provider_id: 'providers', connection_id: 'connections' },
  },
  routes: { columns: `id:text name:text allow_cross:text='[]' ${shipped}`, primaryKey: 'id', unique: ['name'] },
  route_members: {
    columns: "route_id:text position:int profile_id:text weight:int? conditions:text='{}'",
    primaryKey: 'route_id, position',
    foreignKeys: { route_id: 'routes', profile_id: 'model_profiles' },
  },
  keys: {
    columns:
      "id:text tenant_id:text='default' name:text kind:text secret_hash:text scopes:text='{}' expires_at:int? revoked_at:int? created_at:int next_hash:text? next_until:int? last_used_at:int?",
    primaryKey: 'id',
    unique: ['tenant_id, name'],
  },
  rate_batches: { columns: 'recorded_at:int source:text actor:text note:text?', primaryKey: 'recorded_at', insertOnly: true },
  rate_cards: {
    columns:
      "id:text provider_id:text connection_id:text? model:text match_mode:text='exact' input_token_nanos_per_1m:int output_token_nanos_per_1m:int cache_write_token_nanos_per_1m:int? cache_read_token_nanos_per_1m:int? currency:text='USD' effective_from:int revision:int=0 recorded_at:int source:text source_ref:text='{}'",
    primaryKey: 'id',
    unique: ['provider_id, connection_id, model, effective_from, revision', 'id, recorded_at'],
    foreignKeys: { provider_id: 'providers', connection_id: 'connections', recorded_at: 'rate_batches' },
    insertOnly: true,
    sample: { match_mode: 'exact', currency: 'USD', revision: 0 },
  },
  rate_card_components: {
    columns:
      "id:text rate_card_id:text meter:text price_nanos:int? per_units:int conditions:text='{}' condition_key:text priority:int=0 recorded_at:int",
    primaryKey: 'id',
    unique: ['rate_card_id, meter, condition_key'],
    foreignKeys: { 'rate_card_id, recorded_at': 'rate_cards', recorded_at: 'rate_batches' },
    insertOnly: true,
  },
  rate_card_multipliers: {
    columns: "id:text rate_card_id:text meters:text num:int den:int conditions:text='{}' condition_key:text recorded_at:int",
    primaryKey: 'id',
    foreignKeys: { 'rate_card_id, recorded_at': 'rate_cards', recorded_at: 'rate_batches' },
    insertOnly: true,
  },
  rate_card_voids: {
    columns: 'id:text rate_card_id:text reason:text replaced_by:text? recorded_at:int',
    primaryKey: 'id',
    unique: ['rate_card_id'],
    foreignKeys: { rate_card_id: 'rate_cards', recorded_at: 'rate_batches' },
    insertOnly: true,
  },
  model_aliases: {
    columns:
      "id:text provider_id:text alias:text model:text? effective_from:int revision:int=0 recorded_at:int source:text source_ref:text='{}'",
    primaryKey: 'id',
    unique: ['provider_id, alias, effective_from, revision'],
    foreignKeys: { provider_id: 'providers', recorded_at: 'rate_batches' },
    insertOnly: true,
    sample: { revision: 0 },
  },
  calls: {
    columns:
      'id:text tenant_id:text key_id:text? contract:text endpoint:text stream:int requested_name:text decision:text config_revision:int labels:text client:text? session_id:text? request_bytes:int idempotency_digest:text? caller_retry:int? created_at:int',
    primaryKey: 'id',
    insertOnly: true,
  },
  attempts: {
    columns:
      'id:text call_id:text attempt_no:int instance_id:text epoch:int profile_id:text? profile_name:text? connection_id:text connection_name:text provider_id:text provider_name:text model:text contract:text billing:text locality:text priced_at:int known_at:int currency:text? bound_class:text? reserved_pico:int? bound_terms:text? created_at:int',
    primaryKey: 'id',
    foreignKeys: { call_id: 'calls' },
    insertOnly: true,
  },
  open_attempts: {
    columns: 'attempt_id:text instance_id:text created_at:int progress:text? progress_at:int?',
    primaryKey: 'attempt_id',
    foreignKeys: { attempt_id: 'attempts' },
  },
  settlements: {
    columns:
      'attempt_id:text instance_id:text epoch:int outcome:text error_kind:text? upstream_status:int? upstream_id:text? stop_reason:text? warnings:text first_byte_ms:int? duration_ms:int response_bytes:int settled_at:int usage:text? raw_usage:text? usage_source:text usage_flags:text price_context:text requested_model:text reported_model:text? matched:text? pricing_status:text unpriced:text currency:text? charged_pico:int? shadow_pico:int? cost_source:text provider_cost_pico:int? rules_version:int',
    primaryKey: 'attempt_id',
    foreignKeys: { attempt_id: 'attempts' },
    insertOnly: true,
  },
  charges: {
    columns:
      'attempt_id:text line_no:int segment:int role:text meter:text qty:int price_meter:text price_nanos:int per_units:int num:int den:int amount_pico:int currency:text rate_card_id:text? component_id:text? multiplier_ids:text reported_model:text?',
    primaryKey: 'attempt_id, line_no',
    foreignKeys: { attempt_id: 'settlements' },
    insertOnly: true,
  },
  audit_log: {
    columns:
      'id:text actor_key_id:text? face:text operation:text target_kind:text target_id:text before:text after:text undo:text revision:int created_at:int',
    primaryKey: 'id',
    insertOnly: true,
  },
  settings: { columns: 'name:text value:text updated_at:int', primaryKey: 'name' },
  sealed_secrets: {
    columns: 'id:text kid:text wrapped_key:text nonce:text ciphertext:text origin:text fingerprint:text created_at:int rotated_at:int',
    primaryKey: 'id',
  },
  secret_bindings: { columns: 'reference:text origin:text hmac:text', primaryKey: 'reference, origin' },
  plans: { columns: 'digest:text kind:text body:text revision:int created_at:int applied_at:int?', primaryKey: 'digest' },
  imports: { columns: 'id:text kind:text input_digest:text plan_digest:text created_at:int', primaryKey: 'id' },
  provenance: {
    columns: 'import_id:text kind:text row_id:text field:text pointer:text era:text rule:text value:text',
    primaryKey: 'import_id, kind, row_id, field',
    foreignKeys: { import_id: 'imports' },
  },
  preserved: { columns: 'import_id:text pointer:text value:text', primaryKey: 'import_id, pointer', foreignKeys: { import_id: 'imports' } },
}

export type ExpectedColumn = { readonly name: string; readonly storage: string; readonly nullable: boolean; readonly preset: string | null }

export function expectedColumns(table: string): ExpectedColumn[] {
  return expectedTables[table]!.columns.split(' ').map((written) => {
    const [, name = '', storage = '', mark, preset] = /^(\w+):(\w+)(\?)?(?:=(.*))?$/.exec(written)!
    return { name, storage, nullable: mark === '?', preset: preset ?? null }
  })
}

-- The schema of Purser on SQLite. Generated from src/store/schema.ts.

CREATE TABLE migrations (
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  checksum TEXT NOT NULL,
  release TEXT NOT NULL,
  effect TEXT NOT NULL,
  down_kind TEXT NOT NULL,
  loses TEXT,
  cursor TEXT,
  error TEXT,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  PRIMARY KEY (id)
) STRICT;

CREATE TABLE instances (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  pid INTEGER NOT NULL,
  ticks INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  stopped_at INTEGER,
  PRIMARY KEY (id)
) STRICT;

CREATE TABLE revision (
  n INTEGER NOT NULL,
  PRIMARY KEY (n)
) STRICT;

CREATE TABLE canonical_base (
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (kind, row_id)
) STRICT;

CREATE TABLE providers (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  contract TEXT NOT NULL,
  base_url TEXT NOT NULL,
  dialect TEXT NOT NULL DEFAULT '{}',
  network TEXT NOT NULL DEFAULT 'public',
  network_cidrs TEXT,
  stops_on_disconnect INTEGER,
  bills_errors INTEGER NOT NULL DEFAULT 0,
  modality TEXT NOT NULL DEFAULT 'chat',
  is_canonical INTEGER NOT NULL DEFAULT 0,
  canonical_revision INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0,
  removed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;

CREATE UNIQUE INDEX providers_name ON providers (name) WHERE removed_at IS NULL;

CREATE TABLE connections (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  auth TEXT NOT NULL,
  billing TEXT NOT NULL,
  platform TEXT,
  on_abandon TEXT,
  canonical_equivalent_id TEXT,
  is_canonical INTEGER NOT NULL DEFAULT 0,
  canonical_revision INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0,
  removed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (canonical_equivalent_id) REFERENCES connections (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE UNIQUE INDEX connections_name ON connections (name) WHERE removed_at IS NULL;

CREATE TABLE model_profiles (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  connection_id TEXT,
  model TEXT NOT NULL,
  system_prompt TEXT,
  temperature REAL,
  max_tokens INTEGER,
  params TEXT NOT NULL DEFAULT '{}',
  timeouts TEXT NOT NULL DEFAULT '{}',
  strict INTEGER NOT NULL DEFAULT 0,
  is_canonical INTEGER NOT NULL DEFAULT 0,
  canonical_revision INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0,
  removed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  idempotent INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE RESTRICT
) STRICT;

CREATE UNIQUE INDEX model_profiles_name ON model_profiles (name) WHERE removed_at IS NULL;

CREATE TABLE routes (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  allow_cross TEXT NOT NULL DEFAULT '[]',
  is_canonical INTEGER NOT NULL DEFAULT 0,
  canonical_revision INTEGER,
  disabled INTEGER NOT NULL DEFAULT 0,
  removed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;

CREATE UNIQUE INDEX routes_name ON routes (name) WHERE removed_at IS NULL;

CREATE TABLE route_members (
  route_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  profile_id TEXT NOT NULL,
  weight INTEGER,
  conditions TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (route_id, position),
  FOREIGN KEY (route_id) REFERENCES routes (id) ON DELETE RESTRICT,
  FOREIGN KEY (profile_id) REFERENCES model_profiles (id) ON DELETE RESTRICT
) STRICT;

CREATE TABLE keys (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL DEFAULT 'default',
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  scopes TEXT NOT NULL DEFAULT '{}',
  expires_at INTEGER,
  revoked_at INTEGER,
  created_at INTEGER NOT NULL,
  next_hash TEXT,
  next_until INTEGER,
  last_used_at INTEGER,
  PRIMARY KEY (id)
) STRICT;

CREATE UNIQUE INDEX keys_name ON keys (tenant_id, name) WHERE revoked_at IS NULL;

CREATE TABLE rate_batches (
  recorded_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  actor TEXT NOT NULL,
  note TEXT,
  PRIMARY KEY (recorded_at),
  CONSTRAINT rate_batches_rowid CHECK (rowid > 0)
) STRICT;

CREATE TRIGGER rate_batches_no_update BEFORE UPDATE ON rate_batches BEGIN SELECT RAISE(ABORT, 'rate_batches is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_batches_no_delete BEFORE DELETE ON rate_batches BEGIN SELECT RAISE(ABORT, 'rate_batches is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_batches_no_replace BEFORE INSERT ON rate_batches WHEN EXISTS (SELECT 1 FROM rate_batches WHERE recorded_at = NEW.recorded_at) OR EXISTS (SELECT 1 FROM rate_batches WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'rate_batches is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_batches_sealed BEFORE INSERT ON rate_batches WHEN NEW.recorded_at <= (SELECT max(recorded_at) FROM rate_batches) BEGIN SELECT RAISE(ABORT, 'rate_batches: a batch must be newer than the newest. Take its recorded_at under the write lock.'); END;

CREATE TABLE rate_cards (
  id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  connection_id TEXT,
  model TEXT NOT NULL,
  match_mode TEXT NOT NULL DEFAULT 'exact',
  input_token_nanos_per_1m INTEGER NOT NULL,
  output_token_nanos_per_1m INTEGER NOT NULL,
  cache_write_token_nanos_per_1m INTEGER,
  cache_read_token_nanos_per_1m INTEGER,
  currency TEXT NOT NULL DEFAULT 'USD',
  effective_from INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 0,
  recorded_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  source_ref TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (id),
  CONSTRAINT rate_cards_pattern_source CHECK (match_mode = 'exact' OR source = 'user_override'),
  CONSTRAINT rate_cards_match_mode CHECK (match_mode IN ('exact','prefix','glob')),
  CONSTRAINT rate_cards_currency CHECK (length(currency) = 3 AND currency = upper(currency)),
  CONSTRAINT rate_cards_model CHECK (length(model) BETWEEN 1 AND 512),
  CONSTRAINT rate_cards_prices CHECK (input_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND output_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND coalesce(cache_write_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999 AND coalesce(cache_read_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT rate_cards_rowid CHECK (rowid > 0)
) STRICT;

CREATE UNIQUE INDEX rate_cards_version ON rate_cards (provider_id, coalesce(connection_id,''), model, effective_from, revision);

CREATE UNIQUE INDEX rate_cards_recorded ON rate_cards (id, recorded_at);

CREATE TRIGGER rate_cards_no_update BEFORE UPDATE ON rate_cards BEGIN SELECT RAISE(ABORT, 'rate_cards is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_cards_no_delete BEFORE DELETE ON rate_cards BEGIN SELECT RAISE(ABORT, 'rate_cards is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_cards_no_replace BEFORE INSERT ON rate_cards WHEN EXISTS (SELECT 1 FROM rate_cards WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM rate_cards WHERE provider_id = NEW.provider_id AND coalesce(connection_id,'') = coalesce(NEW.connection_id,'') AND model = NEW.model AND effective_from = NEW.effective_from AND revision = NEW.revision) OR EXISTS (SELECT 1 FROM rate_cards WHERE id = NEW.id AND recorded_at = NEW.recorded_at) OR EXISTS (SELECT 1 FROM rate_cards WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'rate_cards is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_cards_sealed BEFORE INSERT ON rate_cards WHEN EXISTS (SELECT 1 FROM rate_batches WHERE recorded_at = NEW.recorded_at) BEGIN SELECT RAISE(ABORT, 'rate_cards: the batch of this recorded_at is sealed already. Write the row in a batch of its own.'); END;

CREATE TRIGGER rate_cards_in_turn BEFORE INSERT ON rate_cards WHEN NEW.revision <> (SELECT count(*) FROM rate_cards WHERE provider_id = NEW.provider_id AND coalesce(connection_id,'') = coalesce(NEW.connection_id,'') AND model = NEW.model AND effective_from = NEW.effective_from) BEGIN SELECT RAISE(ABORT, 'rate_cards: the revision must be the number of rows already at this key.'); END;

CREATE TABLE rate_card_components (
  id TEXT NOT NULL,
  rate_card_id TEXT NOT NULL,
  meter TEXT NOT NULL,
  price_nanos INTEGER,
  per_units INTEGER NOT NULL,
  conditions TEXT NOT NULL DEFAULT '{}',
  condition_key TEXT NOT NULL,
  priority INTEGER NOT NULL DEFAULT 0,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (rate_card_id, recorded_at) REFERENCES rate_cards (id, recorded_at) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT rate_card_components_rowid CHECK (rowid > 0)
) STRICT;

CREATE UNIQUE INDEX rate_card_components_set ON rate_card_components (rate_card_id, meter, condition_key);

CREATE TRIGGER rate_card_components_no_update BEFORE UPDATE ON rate_card_components BEGIN SELECT RAISE(ABORT, 'rate_card_components is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_components_no_delete BEFORE DELETE ON rate_card_components BEGIN SELECT RAISE(ABORT, 'rate_card_components is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_components_no_replace BEFORE INSERT ON rate_card_components WHEN EXISTS (SELECT 1 FROM rate_card_components WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM rate_card_components WHERE rate_card_id = NEW.rate_card_id AND meter = NEW.meter AND condition_key = NEW.condition_key) OR EXISTS (SELECT 1 FROM rate_card_components WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'rate_card_components is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_components_sealed BEFORE INSERT ON rate_card_components WHEN EXISTS (SELECT 1 FROM rate_batches WHERE recorded_at = NEW.recorded_at) BEGIN SELECT RAISE(ABORT, 'rate_card_components: the batch of this recorded_at is sealed already. Write the row in a batch of its own.'); END;

CREATE TABLE rate_card_multipliers (
  id TEXT NOT NULL,
  rate_card_id TEXT NOT NULL,
  meters TEXT NOT NULL,
  num INTEGER NOT NULL,
  den INTEGER NOT NULL,
  conditions TEXT NOT NULL DEFAULT '{}',
  condition_key TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (rate_card_id, recorded_at) REFERENCES rate_cards (id, recorded_at) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT rate_card_multipliers_rowid CHECK (rowid > 0)
) STRICT;

CREATE TRIGGER rate_card_multipliers_no_update BEFORE UPDATE ON rate_card_multipliers BEGIN SELECT RAISE(ABORT, 'rate_card_multipliers is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_multipliers_no_delete BEFORE DELETE ON rate_card_multipliers BEGIN SELECT RAISE(ABORT, 'rate_card_multipliers is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_multipliers_no_replace BEFORE INSERT ON rate_card_multipliers WHEN EXISTS (SELECT 1 FROM rate_card_multipliers WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM rate_card_multipliers WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'rate_card_multipliers is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_multipliers_sealed BEFORE INSERT ON rate_card_multipliers WHEN EXISTS (SELECT 1 FROM rate_batches WHERE recorded_at = NEW.recorded_at) BEGIN SELECT RAISE(ABORT, 'rate_card_multipliers: the batch of this recorded_at is sealed already. Write the row in a batch of its own.'); END;

CREATE TABLE rate_card_voids (
  id TEXT NOT NULL,
  rate_card_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  replaced_by TEXT,
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (rate_card_id) REFERENCES rate_cards (id) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT rate_card_voids_rowid CHECK (rowid > 0)
) STRICT;

CREATE UNIQUE INDEX rate_card_voids_card ON rate_card_voids (rate_card_id);

CREATE TRIGGER rate_card_voids_no_update BEFORE UPDATE ON rate_card_voids BEGIN SELECT RAISE(ABORT, 'rate_card_voids is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_voids_no_delete BEFORE DELETE ON rate_card_voids BEGIN SELECT RAISE(ABORT, 'rate_card_voids is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_voids_no_replace BEFORE INSERT ON rate_card_voids WHEN EXISTS (SELECT 1 FROM rate_card_voids WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM rate_card_voids WHERE rate_card_id = NEW.rate_card_id) OR EXISTS (SELECT 1 FROM rate_card_voids WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'rate_card_voids is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER rate_card_voids_sealed BEFORE INSERT ON rate_card_voids WHEN EXISTS (SELECT 1 FROM rate_batches WHERE recorded_at = NEW.recorded_at) BEGIN SELECT RAISE(ABORT, 'rate_card_voids: the batch of this recorded_at is sealed already. Write the row in a batch of its own.'); END;

CREATE TABLE model_aliases (
  id TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  alias TEXT NOT NULL,
  model TEXT,
  effective_from INTEGER NOT NULL,
  revision INTEGER NOT NULL DEFAULT 0,
  recorded_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  source_ref TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (id),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT model_aliases_rowid CHECK (rowid > 0)
) STRICT;

CREATE UNIQUE INDEX model_aliases_version ON model_aliases (provider_id, alias, effective_from, revision);

CREATE TRIGGER model_aliases_no_update BEFORE UPDATE ON model_aliases BEGIN SELECT RAISE(ABORT, 'model_aliases is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER model_aliases_no_delete BEFORE DELETE ON model_aliases BEGIN SELECT RAISE(ABORT, 'model_aliases is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER model_aliases_no_replace BEFORE INSERT ON model_aliases WHEN EXISTS (SELECT 1 FROM model_aliases WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM model_aliases WHERE provider_id = NEW.provider_id AND alias = NEW.alias AND effective_from = NEW.effective_from AND revision = NEW.revision) OR EXISTS (SELECT 1 FROM model_aliases WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'model_aliases is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER model_aliases_sealed BEFORE INSERT ON model_aliases WHEN EXISTS (SELECT 1 FROM rate_batches WHERE recorded_at = NEW.recorded_at) BEGIN SELECT RAISE(ABORT, 'model_aliases: the batch of this recorded_at is sealed already. Write the row in a batch of its own.'); END;

CREATE TRIGGER model_aliases_in_turn BEFORE INSERT ON model_aliases WHEN NEW.revision <> (SELECT count(*) FROM model_aliases WHERE provider_id = NEW.provider_id AND alias = NEW.alias AND effective_from = NEW.effective_from) BEGIN SELECT RAISE(ABORT, 'model_aliases: the revision must be the number of rows already at this key.'); END;

CREATE TABLE calls (
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  key_id TEXT,
  contract TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  stream INTEGER NOT NULL,
  requested_name TEXT NOT NULL,
  decision TEXT NOT NULL,
  config_revision INTEGER NOT NULL,
  labels TEXT NOT NULL,
  client TEXT,
  session_id TEXT,
  request_bytes INTEGER NOT NULL,
  idempotency_digest TEXT,
  caller_retry INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT calls_rowid CHECK (rowid > 0)
) STRICT;

CREATE TRIGGER calls_no_update BEFORE UPDATE ON calls BEGIN SELECT RAISE(ABORT, 'calls is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER calls_no_delete BEFORE DELETE ON calls BEGIN SELECT RAISE(ABORT, 'calls is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER calls_no_replace BEFORE INSERT ON calls WHEN EXISTS (SELECT 1 FROM calls WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM calls WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'calls is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TABLE attempts (
  id TEXT NOT NULL,
  call_id TEXT NOT NULL,
  attempt_no INTEGER NOT NULL,
  instance_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  profile_id TEXT,
  profile_name TEXT,
  connection_id TEXT NOT NULL,
  connection_name TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  provider_name TEXT NOT NULL,
  model TEXT NOT NULL,
  contract TEXT NOT NULL,
  billing TEXT NOT NULL,
  locality TEXT NOT NULL,
  priced_at INTEGER NOT NULL,
  known_at INTEGER NOT NULL,
  currency TEXT,
  bound_class TEXT,
  reserved_pico INTEGER,
  bound_terms TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE RESTRICT,
  CONSTRAINT attempts_rowid CHECK (rowid > 0)
) STRICT;

CREATE TRIGGER attempts_no_update BEFORE UPDATE ON attempts BEGIN SELECT RAISE(ABORT, 'attempts is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER attempts_no_delete BEFORE DELETE ON attempts BEGIN SELECT RAISE(ABORT, 'attempts is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER attempts_no_replace BEFORE INSERT ON attempts WHEN EXISTS (SELECT 1 FROM attempts WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM attempts WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'attempts is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TABLE open_attempts (
  attempt_id TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  progress TEXT,
  progress_at INTEGER,
  PRIMARY KEY (attempt_id),
  FOREIGN KEY (attempt_id) REFERENCES attempts (id) ON DELETE RESTRICT
) STRICT;

CREATE TABLE settlements (
  attempt_id TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  error_kind TEXT,
  upstream_status INTEGER,
  upstream_id TEXT,
  stop_reason TEXT,
  warnings TEXT NOT NULL,
  first_byte_ms INTEGER,
  duration_ms INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,
  usage TEXT,
  raw_usage TEXT,
  usage_source TEXT NOT NULL,
  usage_flags TEXT NOT NULL,
  price_context TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  reported_model TEXT,
  matched TEXT,
  pricing_status TEXT NOT NULL,
  unpriced TEXT NOT NULL,
  currency TEXT,
  charged_pico INTEGER,
  shadow_pico INTEGER,
  cost_source TEXT NOT NULL,
  provider_cost_pico INTEGER,
  rules_version INTEGER NOT NULL,
  PRIMARY KEY (attempt_id),
  FOREIGN KEY (attempt_id) REFERENCES attempts (id) ON DELETE RESTRICT,
  CONSTRAINT settlements_rowid CHECK (rowid > 0)
) STRICT;

CREATE TRIGGER settlements_no_update BEFORE UPDATE ON settlements BEGIN SELECT RAISE(ABORT, 'settlements is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER settlements_no_delete BEFORE DELETE ON settlements BEGIN SELECT RAISE(ABORT, 'settlements is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER settlements_no_replace BEFORE INSERT ON settlements WHEN EXISTS (SELECT 1 FROM settlements WHERE attempt_id = NEW.attempt_id) OR EXISTS (SELECT 1 FROM settlements WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'settlements is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TABLE charges (
  attempt_id TEXT NOT NULL,
  line_no INTEGER NOT NULL,
  segment INTEGER NOT NULL,
  role TEXT NOT NULL,
  meter TEXT NOT NULL,
  qty INTEGER NOT NULL,
  price_meter TEXT NOT NULL,
  price_nanos INTEGER NOT NULL,
  per_units INTEGER NOT NULL,
  num INTEGER NOT NULL,
  den INTEGER NOT NULL,
  amount_pico INTEGER NOT NULL,
  currency TEXT NOT NULL,
  rate_card_id TEXT,
  component_id TEXT,
  multiplier_ids TEXT NOT NULL,
  reported_model TEXT,
  PRIMARY KEY (attempt_id, line_no),
  FOREIGN KEY (attempt_id) REFERENCES settlements (attempt_id) ON DELETE RESTRICT
) STRICT, WITHOUT ROWID;

CREATE TRIGGER charges_no_update BEFORE UPDATE ON charges BEGIN SELECT RAISE(ABORT, 'charges is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER charges_no_delete BEFORE DELETE ON charges BEGIN SELECT RAISE(ABORT, 'charges is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER charges_no_replace BEFORE INSERT ON charges WHEN EXISTS (SELECT 1 FROM charges WHERE attempt_id = NEW.attempt_id AND line_no = NEW.line_no) BEGIN SELECT RAISE(ABORT, 'charges is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TABLE parked (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  resolved_at INTEGER,
  PRIMARY KEY (id)
) STRICT;

CREATE TABLE audit_log (
  id TEXT NOT NULL,
  actor_key_id TEXT,
  face TEXT NOT NULL,
  operation TEXT NOT NULL,
  target_kind TEXT NOT NULL,
  target_id TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  undo TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT audit_log_rowid CHECK (rowid > 0)
) STRICT;

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id) OR EXISTS (SELECT 1 FROM audit_log WHERE rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'audit_log is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.'); END;

CREATE TABLE settings (
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT;

CREATE TABLE sealed_secrets (
  id TEXT NOT NULL,
  kid TEXT NOT NULL,
  wrapped_key TEXT NOT NULL,
  nonce TEXT NOT NULL,
  ciphertext TEXT NOT NULL,
  origin TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  rotated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;

CREATE TABLE secret_bindings (
  reference TEXT NOT NULL,
  origin TEXT NOT NULL,
  hmac TEXT NOT NULL,
  PRIMARY KEY (reference, origin)
) STRICT;

CREATE TABLE plans (
  digest TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  applied_at INTEGER,
  PRIMARY KEY (digest)
) STRICT;

CREATE TABLE imports (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  input_digest TEXT NOT NULL,
  plan_digest TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;

CREATE TABLE provenance (
  import_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  row_id TEXT NOT NULL,
  field TEXT NOT NULL,
  pointer TEXT NOT NULL,
  era TEXT NOT NULL,
  rule TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (import_id, kind, row_id, field),
  FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE RESTRICT
) STRICT;

CREATE TABLE preserved (
  import_id TEXT NOT NULL,
  pointer TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (import_id, pointer),
  FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE RESTRICT
) STRICT;

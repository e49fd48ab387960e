-- The schema of Purser on PostgreSQL. Generated from src/store/schema.ts.

CREATE FUNCTION purser_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.', TG_TABLE_NAME USING ERRCODE = '23000';
END
$$;

CREATE FUNCTION purser_seal_row() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE sealed boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('purser rates ' || TG_TABLE_SCHEMA, 0));
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.rate_batches WHERE recorded_at = $1)', TG_TABLE_SCHEMA) INTO sealed USING NEW.recorded_at;
  IF sealed THEN RAISE EXCEPTION '%: the batch of this recorded_at is sealed already. Write the row in a batch of its own.', TG_TABLE_NAME USING ERRCODE = '23000'; END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION purser_seal_batch() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE newest bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('purser rates ' || TG_TABLE_SCHEMA, 0));
  EXECUTE format('SELECT max(recorded_at) FROM %I.rate_batches', TG_TABLE_SCHEMA) INTO newest;
  IF NEW.recorded_at <= newest THEN RAISE EXCEPTION '%: a batch must be newer than the newest. Take its recorded_at under the write lock.', TG_TABLE_NAME USING ERRCODE = '23000'; END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION purser_in_turn() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE present bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('purser rates ' || TG_TABLE_SCHEMA, 0));
  EXECUTE format('SELECT count(*) FROM %I.%I WHERE %s', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0]) INTO present USING NEW;
  IF NEW.revision <> present THEN RAISE EXCEPTION '%: the revision must be the number of rows already at this key.', TG_TABLE_NAME USING ERRCODE = '23000'; END IF;
  RETURN NEW;
END
$$;

CREATE TABLE migrations (
  id TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  checksum TEXT COLLATE "C" NOT NULL,
  release TEXT COLLATE "C" NOT NULL,
  effect TEXT COLLATE "C" NOT NULL,
  down_kind TEXT COLLATE "C" NOT NULL,
  loses TEXT COLLATE "C",
  cursor TEXT COLLATE "C",
  error TEXT COLLATE "C",
  started_at BIGINT NOT NULL,
  finished_at BIGINT,
  PRIMARY KEY (id)
);

CREATE TABLE instances (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  boot_id TEXT COLLATE "C" NOT NULL,
  pid BIGINT NOT NULL,
  ticks BIGINT NOT NULL DEFAULT 0,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  stopped_at BIGINT,
  PRIMARY KEY (id)
);

CREATE TABLE revision (
  n BIGINT NOT NULL,
  PRIMARY KEY (n)
);

CREATE TABLE canonical_base (
  kind TEXT COLLATE "C" NOT NULL,
  row_id TEXT COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  fields TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, row_id)
);

CREATE TABLE providers (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  contract TEXT COLLATE "C" NOT NULL,
  base_url TEXT COLLATE "C" NOT NULL,
  dialect TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  network TEXT COLLATE "C" NOT NULL DEFAULT 'public',
  network_cidrs TEXT COLLATE "C",
  stops_on_disconnect BIGINT,
  bills_errors BIGINT NOT NULL DEFAULT 0,
  modality TEXT COLLATE "C" NOT NULL DEFAULT 'chat',
  is_canonical BIGINT NOT NULL DEFAULT 0,
  canonical_revision BIGINT,
  disabled BIGINT NOT NULL DEFAULT 0,
  removed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE UNIQUE INDEX providers_name ON providers (name) WHERE removed_at IS NULL;

CREATE TABLE connections (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  auth TEXT COLLATE "C" NOT NULL,
  billing TEXT COLLATE "C" NOT NULL,
  platform TEXT COLLATE "C",
  on_abandon TEXT COLLATE "C",
  canonical_equivalent_id TEXT COLLATE "C",
  is_canonical BIGINT NOT NULL DEFAULT 0,
  canonical_revision BIGINT,
  disabled BIGINT NOT NULL DEFAULT 0,
  removed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (canonical_equivalent_id) REFERENCES connections (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX connections_name ON connections (name) WHERE removed_at IS NULL;

CREATE TABLE model_profiles (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  connection_id TEXT COLLATE "C",
  model TEXT COLLATE "C" NOT NULL,
  system_prompt TEXT COLLATE "C",
  temperature DOUBLE PRECISION,
  max_tokens BIGINT,
  params TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  timeouts TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  strict BIGINT NOT NULL DEFAULT 0,
  is_canonical BIGINT NOT NULL DEFAULT 0,
  canonical_revision BIGINT,
  disabled BIGINT NOT NULL DEFAULT 0,
  removed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  idempotent BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE RESTRICT
);

CREATE UNIQUE INDEX model_profiles_name ON model_profiles (name) WHERE removed_at IS NULL;

CREATE TABLE routes (
  id TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  allow_cross TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  is_canonical BIGINT NOT NULL DEFAULT 0,
  canonical_revision BIGINT,
  disabled BIGINT NOT NULL DEFAULT 0,
  removed_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE UNIQUE INDEX routes_name ON routes (name) WHERE removed_at IS NULL;

CREATE TABLE route_members (
  route_id TEXT COLLATE "C" NOT NULL,
  position BIGINT NOT NULL,
  profile_id TEXT COLLATE "C" NOT NULL,
  weight BIGINT,
  conditions TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  PRIMARY KEY (route_id, position),
  FOREIGN KEY (route_id) REFERENCES routes (id) ON DELETE RESTRICT,
  FOREIGN KEY (profile_id) REFERENCES model_profiles (id) ON DELETE RESTRICT
);

CREATE TABLE keys (
  id TEXT COLLATE "C" NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL DEFAULT 'default',
  name TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  secret_hash TEXT COLLATE "C" NOT NULL,
  scopes TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  expires_at BIGINT,
  revoked_at BIGINT,
  created_at BIGINT NOT NULL,
  next_hash TEXT COLLATE "C",
  next_until BIGINT,
  last_used_at BIGINT,
  PRIMARY KEY (id)
);

CREATE UNIQUE INDEX keys_name ON keys (tenant_id, name) WHERE revoked_at IS NULL;

CREATE TABLE rate_batches (
  recorded_at BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C" NOT NULL,
  note TEXT COLLATE "C",
  PRIMARY KEY (recorded_at)
);

CREATE TRIGGER rate_batches_no_change BEFORE UPDATE OR DELETE ON rate_batches FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_batches ENABLE ALWAYS TRIGGER rate_batches_no_change;

CREATE TRIGGER rate_batches_no_truncate BEFORE TRUNCATE ON rate_batches FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_batches ENABLE ALWAYS TRIGGER rate_batches_no_truncate;

CREATE TRIGGER rate_batches_sealed BEFORE INSERT ON rate_batches FOR EACH ROW EXECUTE FUNCTION purser_seal_batch();

ALTER TABLE rate_batches ENABLE ALWAYS TRIGGER rate_batches_sealed;

CREATE TABLE rate_cards (
  id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  connection_id TEXT COLLATE "C",
  model TEXT COLLATE "C" NOT NULL,
  match_mode TEXT COLLATE "C" NOT NULL DEFAULT 'exact',
  input_token_nanos_per_1m BIGINT NOT NULL,
  output_token_nanos_per_1m BIGINT NOT NULL,
  cache_write_token_nanos_per_1m BIGINT,
  cache_read_token_nanos_per_1m BIGINT,
  currency TEXT COLLATE "C" NOT NULL DEFAULT 'USD',
  effective_from BIGINT NOT NULL,
  revision BIGINT NOT NULL DEFAULT 0,
  recorded_at BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  source_ref TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  PRIMARY KEY (id),
  CONSTRAINT rate_cards_pattern_source CHECK (match_mode = 'exact' OR source = 'user_override'),
  CONSTRAINT rate_cards_match_mode CHECK (match_mode IN ('exact','prefix','glob')),
  CONSTRAINT rate_cards_currency CHECK (length(currency) = 3 AND currency = upper(currency)),
  CONSTRAINT rate_cards_model CHECK (length(model) BETWEEN 1 AND 512),
  CONSTRAINT rate_cards_prices CHECK (input_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND output_token_nanos_per_1m BETWEEN 0 AND 999999999999999 AND coalesce(cache_write_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999 AND coalesce(cache_read_token_nanos_per_1m, 0) BETWEEN 0 AND 999999999999999),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX rate_cards_version ON rate_cards (provider_id, coalesce(connection_id,''), model, effective_from, revision);

CREATE UNIQUE INDEX rate_cards_recorded ON rate_cards (id, recorded_at);

CREATE TRIGGER rate_cards_no_change BEFORE UPDATE OR DELETE ON rate_cards FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_cards ENABLE ALWAYS TRIGGER rate_cards_no_change;

CREATE TRIGGER rate_cards_no_truncate BEFORE TRUNCATE ON rate_cards FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_cards ENABLE ALWAYS TRIGGER rate_cards_no_truncate;

CREATE TRIGGER rate_cards_sealed BEFORE INSERT ON rate_cards FOR EACH ROW EXECUTE FUNCTION purser_seal_row();

ALTER TABLE rate_cards ENABLE ALWAYS TRIGGER rate_cards_sealed;

CREATE TRIGGER rate_cards_in_turn BEFORE INSERT ON rate_cards FOR EACH ROW EXECUTE FUNCTION purser_in_turn('provider_id = ($1).provider_id AND coalesce(connection_id,'''') = coalesce(($1).connection_id,'''') AND model = ($1).model AND effective_from = ($1).effective_from');

ALTER TABLE rate_cards ENABLE ALWAYS TRIGGER rate_cards_in_turn;

CREATE TABLE rate_card_components (
  id TEXT COLLATE "C" NOT NULL,
  rate_card_id TEXT COLLATE "C" NOT NULL,
  meter TEXT COLLATE "C" NOT NULL,
  price_nanos BIGINT,
  per_units BIGINT NOT NULL,
  conditions TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  condition_key TEXT COLLATE "C" NOT NULL,
  priority BIGINT NOT NULL DEFAULT 0,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (rate_card_id, recorded_at) REFERENCES rate_cards (id, recorded_at) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX rate_card_components_set ON rate_card_components (rate_card_id, meter, condition_key);

CREATE TRIGGER rate_card_components_no_change BEFORE UPDATE OR DELETE ON rate_card_components FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_card_components ENABLE ALWAYS TRIGGER rate_card_components_no_change;

CREATE TRIGGER rate_card_components_no_truncate BEFORE TRUNCATE ON rate_card_components FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_card_components ENABLE ALWAYS TRIGGER rate_card_components_no_truncate;

CREATE TRIGGER rate_card_components_sealed BEFORE INSERT ON rate_card_components FOR EACH ROW EXECUTE FUNCTION purser_seal_row();

ALTER TABLE rate_card_components ENABLE ALWAYS TRIGGER rate_card_components_sealed;

CREATE TABLE rate_card_multipliers (
  id TEXT COLLATE "C" NOT NULL,
  rate_card_id TEXT COLLATE "C" NOT NULL,
  meters TEXT COLLATE "C" NOT NULL,
  num BIGINT NOT NULL,
  den BIGINT NOT NULL,
  conditions TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  condition_key TEXT COLLATE "C" NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (rate_card_id, recorded_at) REFERENCES rate_cards (id, recorded_at) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED
);

CREATE TRIGGER rate_card_multipliers_no_change BEFORE UPDATE OR DELETE ON rate_card_multipliers FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_card_multipliers ENABLE ALWAYS TRIGGER rate_card_multipliers_no_change;

CREATE TRIGGER rate_card_multipliers_no_truncate BEFORE TRUNCATE ON rate_card_multipliers FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_card_multipliers ENABLE ALWAYS TRIGGER rate_card_multipliers_no_truncate;

CREATE TRIGGER rate_card_multipliers_sealed BEFORE INSERT ON rate_card_multipliers FOR EACH ROW EXECUTE FUNCTION purser_seal_row();

ALTER TABLE rate_card_multipliers ENABLE ALWAYS TRIGGER rate_card_multipliers_sealed;

CREATE TABLE rate_card_voids (
  id TEXT COLLATE "C" NOT NULL,
  rate_card_id TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  replaced_by TEXT COLLATE "C",
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (rate_card_id) REFERENCES rate_cards (id) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX rate_card_voids_card ON rate_card_voids (rate_card_id);

CREATE TRIGGER rate_card_voids_no_change BEFORE UPDATE OR DELETE ON rate_card_voids FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_card_voids ENABLE ALWAYS TRIGGER rate_card_voids_no_change;

CREATE TRIGGER rate_card_voids_no_truncate BEFORE TRUNCATE ON rate_card_voids FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE rate_card_voids ENABLE ALWAYS TRIGGER rate_card_voids_no_truncate;

CREATE TRIGGER rate_card_voids_sealed BEFORE INSERT ON rate_card_voids FOR EACH ROW EXECUTE FUNCTION purser_seal_row();

ALTER TABLE rate_card_voids ENABLE ALWAYS TRIGGER rate_card_voids_sealed;

CREATE TABLE model_aliases (
  id TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  alias TEXT COLLATE "C" NOT NULL,
  model TEXT COLLATE "C",
  effective_from BIGINT NOT NULL,
  revision BIGINT NOT NULL DEFAULT 0,
  recorded_at BIGINT NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  source_ref TEXT COLLATE "C" NOT NULL DEFAULT '{}',
  PRIMARY KEY (id),
  FOREIGN KEY (provider_id) REFERENCES providers (id) ON DELETE RESTRICT,
  FOREIGN KEY (recorded_at) REFERENCES rate_batches (recorded_at) DEFERRABLE INITIALLY DEFERRED
);

CREATE UNIQUE INDEX model_aliases_version ON model_aliases (provider_id, alias, effective_from, revision);

CREATE TRIGGER model_aliases_no_change BEFORE UPDATE OR DELETE ON model_aliases FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE model_aliases ENABLE ALWAYS TRIGGER model_aliases_no_change;

CREATE TRIGGER model_aliases_no_truncate BEFORE TRUNCATE ON model_aliases FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE model_aliases ENABLE ALWAYS TRIGGER model_aliases_no_truncate;

CREATE TRIGGER model_aliases_sealed BEFORE INSERT ON model_aliases FOR EACH ROW EXECUTE FUNCTION purser_seal_row();

ALTER TABLE model_aliases ENABLE ALWAYS TRIGGER model_aliases_sealed;

CREATE TRIGGER model_aliases_in_turn BEFORE INSERT ON model_aliases FOR EACH ROW EXECUTE FUNCTION purser_in_turn('provider_id = ($1).provider_id AND alias = ($1).alias AND effective_from = ($1).effective_from');

ALTER TABLE model_aliases ENABLE ALWAYS TRIGGER model_aliases_in_turn;

CREATE TABLE calls (
  id TEXT COLLATE "C" NOT NULL,
  tenant_id TEXT COLLATE "C" NOT NULL,
  key_id TEXT COLLATE "C",
  contract TEXT COLLATE "C" NOT NULL,
  endpoint TEXT COLLATE "C" NOT NULL,
  stream BIGINT NOT NULL,
  requested_name TEXT COLLATE "C" NOT NULL,
  decision TEXT COLLATE "C" NOT NULL,
  config_revision BIGINT NOT NULL,
  labels TEXT COLLATE "C" NOT NULL,
  client TEXT COLLATE "C",
  session_id TEXT COLLATE "C",
  request_bytes BIGINT NOT NULL,
  idempotency_digest TEXT COLLATE "C",
  caller_retry BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TRIGGER calls_no_change BEFORE UPDATE OR DELETE ON calls FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE calls ENABLE ALWAYS TRIGGER calls_no_change;

CREATE TRIGGER calls_no_truncate BEFORE TRUNCATE ON calls FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE calls ENABLE ALWAYS TRIGGER calls_no_truncate;

CREATE TABLE attempts (
  id TEXT COLLATE "C" NOT NULL,
  call_id TEXT COLLATE "C" NOT NULL,
  attempt_no BIGINT NOT NULL,
  instance_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  profile_id TEXT COLLATE "C",
  profile_name TEXT COLLATE "C",
  connection_id TEXT COLLATE "C" NOT NULL,
  connection_name TEXT COLLATE "C" NOT NULL,
  provider_id TEXT COLLATE "C" NOT NULL,
  provider_name TEXT COLLATE "C" NOT NULL,
  model TEXT COLLATE "C" NOT NULL,
  contract TEXT COLLATE "C" NOT NULL,
  billing TEXT COLLATE "C" NOT NULL,
  locality TEXT COLLATE "C" NOT NULL,
  priced_at BIGINT NOT NULL,
  known_at BIGINT NOT NULL,
  currency TEXT COLLATE "C",
  bound_class TEXT COLLATE "C",
  reserved_pico BIGINT,
  bound_terms TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE RESTRICT
);

CREATE TRIGGER attempts_no_change BEFORE UPDATE OR DELETE ON attempts FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE attempts ENABLE ALWAYS TRIGGER attempts_no_change;

CREATE TRIGGER attempts_no_truncate BEFORE TRUNCATE ON attempts FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE attempts ENABLE ALWAYS TRIGGER attempts_no_truncate;

CREATE TABLE open_attempts (
  attempt_id TEXT COLLATE "C" NOT NULL,
  instance_id TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  progress TEXT COLLATE "C",
  progress_at BIGINT,
  PRIMARY KEY (attempt_id),
  FOREIGN KEY (attempt_id) REFERENCES attempts (id) ON DELETE RESTRICT
);

CREATE TABLE settlements (
  attempt_id TEXT COLLATE "C" NOT NULL,
  instance_id TEXT COLLATE "C" NOT NULL,
  epoch BIGINT NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL,
  error_kind TEXT COLLATE "C",
  upstream_status BIGINT,
  upstream_id TEXT COLLATE "C",
  stop_reason TEXT COLLATE "C",
  warnings TEXT COLLATE "C" NOT NULL,
  first_byte_ms BIGINT,
  duration_ms BIGINT NOT NULL,
  response_bytes BIGINT NOT NULL,
  settled_at BIGINT NOT NULL,
  usage TEXT COLLATE "C",
  raw_usage TEXT COLLATE "C",
  usage_source TEXT COLLATE "C" NOT NULL,
  usage_flags TEXT COLLATE "C" NOT NULL,
  price_context TEXT COLLATE "C" NOT NULL,
  requested_model TEXT COLLATE "C" NOT NULL,
  reported_model TEXT COLLATE "C",
  matched TEXT COLLATE "C",
  pricing_status TEXT COLLATE "C" NOT NULL,
  unpriced TEXT COLLATE "C" NOT NULL,
  currency TEXT COLLATE "C",
  charged_pico BIGINT,
  shadow_pico BIGINT,
  cost_source TEXT COLLATE "C" NOT NULL,
  provider_cost_pico BIGINT,
  rules_version BIGINT NOT NULL,
  PRIMARY KEY (attempt_id),
  FOREIGN KEY (attempt_id) REFERENCES attempts (id) ON DELETE RESTRICT
);

CREATE TRIGGER settlements_no_change BEFORE UPDATE OR DELETE ON settlements FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE settlements ENABLE ALWAYS TRIGGER settlements_no_change;

CREATE TRIGGER settlements_no_truncate BEFORE TRUNCATE ON settlements FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE settlements ENABLE ALWAYS TRIGGER settlements_no_truncate;

CREATE TABLE charges (
  attempt_id TEXT COLLATE "C" NOT NULL,
  line_no BIGINT NOT NULL,
  segment BIGINT NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  meter TEXT COLLATE "C" NOT NULL,
  qty BIGINT NOT NULL,
  price_meter TEXT COLLATE "C" NOT NULL,
  price_nanos BIGINT NOT NULL,
  per_units BIGINT NOT NULL,
  num BIGINT NOT NULL,
  den BIGINT NOT NULL,
  amount_pico BIGINT NOT NULL,
  currency TEXT COLLATE "C" NOT NULL,
  rate_card_id TEXT COLLATE "C",
  component_id TEXT COLLATE "C",
  multiplier_ids TEXT COLLATE "C" NOT NULL,
  reported_model TEXT COLLATE "C",
  PRIMARY KEY (attempt_id, line_no),
  FOREIGN KEY (attempt_id) REFERENCES settlements (attempt_id) ON DELETE RESTRICT
);

CREATE TRIGGER charges_no_change BEFORE UPDATE OR DELETE ON charges FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE charges ENABLE ALWAYS TRIGGER charges_no_change;

CREATE TRIGGER charges_no_truncate BEFORE TRUNCATE ON charges FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE charges ENABLE ALWAYS TRIGGER charges_no_truncate;

CREATE TABLE parked (
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  payload TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  resolved_at BIGINT,
  PRIMARY KEY (id)
);

CREATE TABLE audit_log (
  id TEXT COLLATE "C" NOT NULL,
  actor_key_id TEXT COLLATE "C",
  face TEXT COLLATE "C" NOT NULL,
  operation TEXT COLLATE "C" NOT NULL,
  target_kind TEXT COLLATE "C" NOT NULL,
  target_id TEXT COLLATE "C" NOT NULL,
  before TEXT COLLATE "C" NOT NULL,
  after TEXT COLLATE "C" NOT NULL,
  undo TEXT COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_change;

CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION purser_refuse_change();

ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_no_truncate;

CREATE TABLE settings (
  name TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE sealed_secrets (
  id TEXT COLLATE "C" NOT NULL,
  kid TEXT COLLATE "C" NOT NULL,
  wrapped_key TEXT COLLATE "C" NOT NULL,
  nonce TEXT COLLATE "C" NOT NULL,
  ciphertext TEXT COLLATE "C" NOT NULL,
  origin TEXT COLLATE "C" NOT NULL,
  fingerprint TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  rotated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE secret_bindings (
  reference TEXT COLLATE "C" NOT NULL,
  origin TEXT COLLATE "C" NOT NULL,
  hmac TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (reference, origin)
);

CREATE TABLE plans (
  digest TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  applied_at BIGINT,
  PRIMARY KEY (digest)
);

CREATE TABLE imports (
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  input_digest TEXT COLLATE "C" NOT NULL,
  plan_digest TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE provenance (
  import_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  row_id TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  pointer TEXT COLLATE "C" NOT NULL,
  era TEXT COLLATE "C" NOT NULL,
  rule TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (import_id, kind, row_id, field),
  FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE RESTRICT
);

CREATE TABLE preserved (
  import_id TEXT COLLATE "C" NOT NULL,
  pointer TEXT COLLATE "C" NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (import_id, pointer),
  FOREIGN KEY (import_id) REFERENCES imports (id) ON DELETE RESTRICT
);

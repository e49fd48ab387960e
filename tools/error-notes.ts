/** What each error means and what helps: the source of the pages in `docs/errors`. A test holds it against the codes that the source throws. */

import type { ErrorKind } from '../src/core/errors.ts'

/** `kinds`: those that the code comes with. `means` and `act` are whole sentences. */
export type Note = { readonly kinds: readonly ErrorKind[]; readonly means: string; readonly act: string }

export const kindNotes: Readonly<Record<ErrorKind, Omit<Note, 'kinds'>>> = {
  invalid_request: {
    means: 'What was sent can never be right as it stands. The message names the field and what was wrong with it.',
    act: 'Change the field that the message names. Sending the same again gives the same answer.',
  },
  context_length: {
    means: 'The provider says that the conversation is longer than its model takes.',
    act: 'Shorten the conversation, or ask for a profile whose model takes more.',
  },
  content_filtered: {
    means: 'The provider refused the content of the request.',
    act: 'Change the content. Purser has no filter of its own.',
  },
  unauthenticated: {
    means: 'There is no key, or it is malformed, unknown, revoked or expired.',
    act: 'Send a key as `Authorization: Bearer` or `x-api-key`. See the keys there are: `purser keys list`.',
  },
  budget_exhausted: { means: 'A budget is used up.', act: 'Wait for the end of its window, or raise it.' },
  forbidden: {
    means: 'The key is good and may not do this.',
    act: 'Use a key with the scope that the message names, or ask whoever administers this Purser for it.',
  },
  not_found: {
    means: 'There is nothing of that name or id. Where something is named nearly so, the message says what.',
    act: 'Look at what there is with the `list` command that the message names.',
  },
  conflict: {
    means: 'The change does not fit what is there now: somebody was first, or something else depends on it.',
    act: 'Read the current state and repeat the change on it.',
  },
  too_large: { means: 'The request is larger than the limit.', act: 'Send less, or in parts.' },
  unsupported: {
    means: 'Purser or the provider cannot do what was asked. Nothing is dropped in silence, so it is refused.',
    act: 'Leave out what the message names, or choose a profile that can.',
  },
  rate_limited: { means: 'A limit of this Purser on calls at a time or in a time is reached.', act: 'Wait as long as `retry-after` says.' },
  canceled: {
    means: 'The caller went away, or whoever ran the command interrupted it.',
    act: 'Nothing. What was used until then is in the books.',
  },
  internal: {
    means: 'Purser failed by its own fault.',
    act: 'Look in the log under the request id of the answer, and report what stands there.',
  },
  provider_auth: {
    means: "The provider refused Purser's own credential. The caller's key is not at fault.",
    act: 'Replace the secret of the connection that the message names.',
  },
  provider_malformed: {
    means: 'The provider sent something that is no answer of its contract, or broke off in the middle of one.',
    act: "Try again. If it stays, the provider's dialect may need a field: see the attempt with `purser calls get`.",
  },
  provider_rate_limited: {
    means: "The provider's own rate limit is reached.",
    act: 'Wait as long as `retry-after` says, or add a target to the route.',
  },
  provider_overloaded: { means: 'The provider is overloaded or cannot be reached.', act: 'Try again, or add a target to the route.' },
  provider_timeout: {
    means: 'The provider did not answer within the limits of the profile.',
    act: "Try again, or raise the profile's `timeouts`. The attempt is in the books as it ended.",
  },
  unavailable: {
    means: 'Purser cannot do this now. The code says why.',
    act: 'Do what the message says. Where `retry-after` stands, wait that long.',
  },
}

export const codeNotes: Readonly<Record<string, Note>> = {
  aborted: {
    kinds: ['internal'],
    means: 'Purser itself gave up an exchange with a provider.',
    act: 'Look in the log under the request id.',
  },
  address_not_allowed: {
    kinds: ['forbidden'],
    means:
      'The key is limited to ranges of addresses, and the other end of the socket is in none of them. Behind a proxy that is the proxy.',
    act: 'Send the request from an allowed address, or change `scopes.cidrs` of the key: `purser keys update`.',
  },
  applied: {
    kinds: ['conflict'],
    means: 'The plan was carried out before, and a plan is carried out once.',
    act: 'Make a new plan, or take the old one back: `purser mode undo DIGEST`.',
  },
  another_document: {
    kinds: ['conflict'],
    means: 'The file is not the one that was planned: its digest is another.',
    act: 'Plan again with the file as it is now.',
  },
  bad_config: {
    kinds: ['invalid_request'],
    means: 'A configuration file was named and is not there, is not TOML, or holds a key or a value that Purser does not know.',
    act: 'Mend what the message names. `purser config explain` shows what counts and which file says it.',
  },
  backup_failed: {
    kinds: ['unavailable'],
    means: 'The copy that a migration makes before it goes down could not be relied on. Nothing was changed.',
    act: 'Look at the disk, then run the command again.',
  },
  beyond_own_scopes: {
    kinds: ['forbidden'],
    means: 'A key grants scopes that whoever makes, changes, rotates or revokes it does not hold.',
    act: 'Let somebody do it who holds them all, or leave those scopes out. `details.lacking` names them.',
  },
  binding: {
    kinds: ['internal'],
    means: 'A statement was given a value that its column cannot hold. It is a fault of Purser.',
    act: 'Report it, with the message.',
  },
  card_exists: {
    kinds: ['conflict'],
    means: 'There is a rate card for this model, instant and revision. Cards are never changed.',
    act: 'Add the correction under the revision that the message names.',
  },
  concurrency: {
    kinds: ['rate_limited'],
    means: 'One key has as many calls running as one key may have.',
    act: 'Wait for one to end, or use a second key.',
  },
  consent_needed: {
    kinds: ['conflict'],
    means: 'The step loses data, or needs a backup that Purser does not take. It waits for a yes.',
    act: 'Read what the message lists, then give the flag that it names.',
  },
  constraint: {
    kinds: ['conflict'],
    means: 'The database refused a row: something of the same key is there, or what it refers to is gone.',
    act: 'Read the current state and repeat the change.',
  },
  contract_not_callable: {
    kinds: ['unavailable'],
    means: 'The provider speaks a wire format that this release does not speak.',
    act: 'Use another provider. `purser providers list` says which can be called.',
  },
  cut: { kinds: ['provider_malformed'], means: 'The provider broke the connection before its answer was complete.', act: 'Try again.' },
  decision_needed: {
    kinds: ['conflict'],
    means: 'Something stands in the way that only an operator can decide.',
    act: 'The message lists every such thing. Mend it, or plan again and accept it by name.',
  },
  destination_in_body: {
    kinds: ['invalid_request'],
    means: 'The request names an address or a credential. Where a call goes and who pays for it is for the operator to say.',
    act: 'Leave the field out, and choose a profile that goes there.',
  },
  dialect_unreadable: {
    kinds: ['unavailable'],
    means: "The provider's row holds a dialect that this release cannot read.",
    act: 'Mend it: `purser providers update NAME --dialect …`.',
  },
  disabled: {
    kinds: ['not_found'],
    means: 'The profile or route is there and out of use.',
    act: 'Put it back: `purser profiles enable NAME`.',
  },
  disk_full: {
    kinds: ['unavailable'],
    means: 'The disk that holds the database has no room. New calls are refused, since they could not be recorded.',
    act: 'Free some space. Writing goes on by itself.',
  },
  document_unsound: {
    kinds: ['invalid_request'],
    means: 'A state document has rows that cannot stand, and nothing of it was applied.',
    act: '`details.faults` names each by its place. Mend them and apply the document again.',
  },
  document_needed: {
    kinds: ['invalid_request'],
    means: 'The planned file holds keys in clear. A plan never keeps them, so they are read from the file again.',
    act: 'Give the same file again with `--file`.',
  },
  duplicate_key: {
    kinds: ['invalid_request'],
    means: 'A key stands twice in one JSON object. Two parsers could read two different requests.',
    act: 'Send each key once.',
  },
  endpoint_not_allowed: {
    kinds: ['forbidden'],
    means: 'The key is limited to some endpoints, and this is none of them.',
    act: 'Use another key, or change `scopes.endpoints` of this one: `purser keys update`.',
  },
  filesystem: {
    kinds: ['unsupported'],
    means: 'The database lies on a network or user-space file system, whose locks and syncs cannot be relied on.',
    act: 'Put it on a local disk, or use Postgres.',
  },
  first_byte_timeout: {
    kinds: ['provider_timeout'],
    means: 'The provider did not begin its answer in time.',
    act: "Try again, or raise `first_byte` in the profile's timeouts.",
  },
  host_not_allowed: {
    kinds: ['forbidden'],
    means: 'The Host header names an address that this Purser does not answer to.',
    act: 'Use one of the addresses in the message.',
  },
  host_unreadable: {
    kinds: ['invalid_request'],
    means: 'A name given by `--allow-host` or `PURSER_ALLOWED_HOSTS` is no host name.',
    act: 'Write it as a Host header has it, without scheme, path or star: `gateway.example`, `gateway.example:8443`, `[fd00::1]`.',
  },
  idle_timeout: {
    kinds: ['provider_timeout'],
    means: 'The provider fell silent in the middle of its answer.',
    act: "Try again, or raise `idle` in the profile's timeouts.",
  },
  invalid_api_key: {
    kinds: ['unauthenticated'],
    means: 'The key is missing, malformed, unknown, revoked or expired, or two different ones were sent.',
    act: 'Send one good key. A lost one cannot be read back: make another.',
  },
  invalid_dialect: {
    kinds: ['invalid_request'],
    means: 'A dialect has a field that no dialect has, or a value that the field does not take.',
    act: 'See the fields in docs/contracts.md.',
  },
  invalid_json: {
    kinds: ['invalid_request'],
    means: 'The body is no JSON, from the byte that is named on.',
    act: 'Send one JSON value in UTF-8.',
  },
  json_limit: {
    kinds: ['invalid_request'],
    means: 'The body is nested too deep, has too many keys, or holds a number that is too long.',
    act: 'Send something simpler.',
  },
  key_revoked: {
    kinds: ['conflict'],
    means: 'The key was revoked, and a revoked key is never used again.',
    act: 'Make a new one: `purser keys create NAME`. The name is free.',
  },
  last_admin_key: {
    kinds: ['conflict'],
    means: 'No usable admin key would be left that can do everything and has no end.',
    act: 'Make another one first: `purser keys create NAME --kind admin`, with the role `admin`.',
  },
  ledger_behind: {
    kinds: ['unavailable'],
    means: 'The disk or the database is slower than calls come in. No call is taken that could not be recorded.',
    act: 'Wait a second. If it stays, look at the disk: `purser doctor`.',
  },
  ledger_lost: {
    kinds: ['unavailable'],
    means: 'A running call could not be recorded, so its last bytes were kept back.',
    act: 'Look at the disk or the database, then send the call again.',
  },
  lock_busy: {
    kinds: ['unavailable'],
    means: 'Another process holds this database.',
    act: 'Stop the process that is named, or ask it: commands find a running server by themselves.',
  },
  lock_lost: {
    kinds: ['unavailable'],
    means: 'While the connection to Postgres was lost, another process took the database over. This one ends.',
    act: 'Let the other one serve, or stop it and start again.',
  },
  malformed: {
    kinds: ['provider_malformed'],
    means: 'The provider sent something that breaks HTTP or a limit.',
    act: 'Try again, and tell the provider.',
  },
  method_not_allowed: {
    kinds: ['invalid_request'],
    means: 'There is such a path on the admin API, and it answers other methods. This one comes with status 405.',
    act: 'Use a method that the header `allow` names.',
  },
  model_not_allowed: {
    kinds: ['forbidden'],
    means: 'The key is limited to some profiles and routes, and the name that was sent is none of them.',
    act: 'Send one of the names in the message, or change `scopes.profiles` of the key: `purser keys update`.',
  },
  model_not_found: {
    kinds: ['not_found'],
    means: 'No profile or route has the name that was sent as `model`, and it is no `provider/model` either.',
    act: 'Send one of the names in the message.',
  },
  would_cross: {
    kinds: ['conflict'],
    means: 'Taking this back would send calls off this machine or to another payer, because of what was changed since.',
    act: 'See what was changed: `purser audit list`. Change back what the message names, or leave it as it is.',
  },
  moved_since: {
    kinds: ['conflict'],
    means: 'What a flip moved was moved again since, so it is not taken back over that.',
    act: 'Look at the profile, and give it the connection that is meant: `purser profiles update NAME --connection CONNECTION`.',
  },
  binding_needed: {
    kinds: ['forbidden'],
    means: 'A variable, file or command was named for a place that it was never bound to. Over the network nobody may bind it.',
    act: "Bind it on Purser's own machine with the command in the hint, or seal the key itself: `purser connections update NAME --key-stdin`.",
  },
  no_kek: {
    kinds: ['unavailable'],
    means: 'The key-encryption key is missing or cannot be read, so nothing can be sealed, opened or bound.',
    act: 'Restore the file that the message names from a backup, for its owner alone, and start Purser again.',
  },
  unopened: {
    kinds: ['conflict'],
    means: 'Sealed secrets do not open with the present key-encryption key, and would be lost with the next one.',
    act: 'Enter each again with `purser secrets rotate`, or remove it, then repeat the command.',
  },
  name_taken: {
    kinds: ['conflict'],
    means: 'Another thing has this name. Profiles and routes share one set of names.',
    act: 'Choose another name, or change what is there.',
  },
  card_voided: {
    kinds: ['conflict'],
    means: 'The rate card was withdrawn before. A card is withdrawn once, with one reason.',
    act: 'Look at what prices the model now: `purser rates history`.',
  },
  no_vault: {
    kinds: ['unavailable'],
    means: 'There is no key-encryption key, so a secret cannot be sealed.',
    act: 'Let `purser serve` make one at its start, or name one with PURSER_KEK_FILE.',
  },
  not_last: {
    kinds: ['conflict'],
    means: 'A later backfill stands on this one.',
    act: 'Take back the later one first.',
  },
  paired: {
    kinds: ['conflict'],
    means: 'The connection is one side of another pair, and no connection is in two.',
    act: 'Part that pair first: `purser connections update NAME --unset twin`.',
  },
  no_database: { kinds: ['not_found'], means: 'There is no database at that place yet.', act: 'The first start makes it: `purser serve`.' },
  no_server: {
    kinds: ['unavailable'],
    means: 'No Purser answers at the address.',
    act: 'Start one: `purser serve`. Or correct PURSER_ADMIN_URL.',
  },
  no_usable_connection: {
    kinds: ['unavailable'],
    means:
      'The name is known, and nothing behind it can be used now. The message lists what was tried and why not. Purser never goes elsewhere by itself.',
    act: 'Mend what the message names: enable the connection, give it its secret, or name one in the profile.',
  },
  open_bind: {
    kinds: ['invalid_request'],
    means: 'Purser was to listen beyond this machine without TLS in front, or without a key.',
    act: 'Put a proxy that speaks TLS before it, or accept the risk with `--allow-plain-http`. Make the first keys on 127.0.0.1.',
  },
  origin_not_allowed: {
    kinds: ['forbidden'],
    means: 'A web page of another site sent the request.',
    act: 'Call Purser from a program, not from a page.',
  },
  overloaded: {
    kinds: ['unavailable'],
    means: 'Purser has as many calls running as it takes, in all or towards this provider.',
    act: 'Try again in a moment.',
  },
  port_busy: { kinds: ['internal'], means: 'The port that was asked for is taken.', act: 'Name another one, or 0 for any.' },
  port_unusable: { kinds: ['internal'], means: 'The address that was asked for cannot be listened on.', act: 'Name another one.' },
  referred: {
    kinds: ['conflict'],
    means: 'Others still use what was to be removed. The message lists them.',
    act: 'Move or remove them first, or disable it instead.',
  },
  schema_down_failed: {
    kinds: ['conflict'],
    means: 'A step back could not be done. Nothing was changed.',
    act: 'Read the message; restore the backup if you must.',
  },
  schema_irreversible: { kinds: ['conflict'], means: 'The step cannot be undone.', act: 'Restore the backup that was made before it.' },
  schema_moved: { kinds: ['conflict'], means: 'Another process migrated the database meanwhile.', act: 'Run the command again.' },
  schema_order: {
    kinds: ['conflict'],
    means: 'The migration that was named is not the next one.',
    act: 'Run `purser migrate` without `--only`.',
  },
  schema_pending: {
    kinds: ['conflict'],
    means: 'The schema is behind this release.',
    act: 'Bring it up: `purser migrate`. SQLite does so at the start.',
  },
  schema_failed: {
    kinds: ['conflict'],
    means: 'A migration failed and was undone.',
    act: 'Read its error with the command that is printed, then try again.',
  },
  schema_newer: {
    kinds: ['conflict'],
    means: 'A later release changed the schema in a way that this one cannot serve on.',
    act: 'Use that release, or go back with the command that is printed.',
  },
  schema_branch: {
    kinds: ['conflict'],
    means: 'The database has a migration that does not follow on those of this release.',
    act: 'Go back to the last common one with the command that is printed.',
  },
  schema_edited: {
    kinds: ['conflict'],
    means: 'A migration in this release is not the one that was applied.',
    act: 'Go back before it with the command that is printed, then up again.',
  },
  schema_drift: {
    kinds: ['conflict'],
    means: 'The schema is not what its migrations made: somebody changed it.',
    act: 'See what differs: `purser doctor`.',
  },
  schema_foreign: {
    kinds: ['conflict'],
    means: 'There are tables, and they are not those of Purser. Nothing was touched.',
    act: 'Name another file or schema: `purser serve --database …`.',
  },
  secret_unavailable: {
    kinds: ['unavailable'],
    means: "A connection's secret is not at hand. No other connection is used in its place.",
    act: 'Give the secret its value, as the message says.',
  },
  stale: {
    kinds: ['conflict'],
    means: 'The configuration moved since it was read.',
    act: 'Read it again and repeat the change.',
  },
  stopping: { kinds: ['unavailable'], means: 'This Purser is stopping.', act: 'Send the request again: it goes to the next one.' },
  store_busy: { kinds: ['unavailable'], means: 'Another process holds the database for now.', act: 'Try again.' },
  store_cannot_open: {
    kinds: ['unavailable'],
    means: 'The database cannot be opened.',
    act: 'Look at the path and at who may read its folder.',
  },
  store_contended: { kinds: ['unavailable'], means: 'Two transactions met, several times over.', act: 'Try again.' },
  store_corrupt: {
    kinds: ['unavailable'],
    means: 'The database file is damaged.',
    act: 'Run `purser doctor`. Keep the file; restore a backup beside it.',
  },
  store_down: {
    kinds: ['unavailable'],
    means: 'The connection to the database, or the thread that holds it, is gone.',
    act: 'Look whether the database runs.',
  },
  store_failed: {
    kinds: ['internal'],
    means: 'The database refused a statement. It is most likely a fault of Purser.',
    act: 'Report it, with the message.',
  },
  store_io: {
    kinds: ['unavailable'],
    means: 'The disk that holds the database failed. Purser ends, for it cannot keep the books.',
    act: 'Look at the disk, start again, run `purser doctor`.',
  },
  store_readonly: {
    kinds: ['unavailable'],
    means: 'The database cannot be written.',
    act: 'Look at the permissions of its folder and at the mount.',
  },
  store_refused: {
    kinds: ['unavailable'],
    means: 'The database server does not let Purser in.',
    act: 'Look at user, password and name of the database, and at pg_hba.conf.',
  },
  store_too_old: { kinds: ['unsupported'], means: 'The PostgreSQL server is older than 15.', act: 'Use a newer one.' },
  stream_limit: {
    kinds: ['provider_malformed'],
    means: "A line or frame of the provider's stream is longer than the limit.",
    act: 'Tell the provider.',
  },
  strict: {
    kinds: ['unsupported'],
    means: "The profile is strict, and the request says something that the provider's contract cannot be told.",
    act: 'Leave it out, or use a profile that is not strict: then it is a warning.',
  },
  too_many_refused_keys: {
    kinds: ['rate_limited'],
    means: 'Too many keys from this address were refused within half a minute. A good key from there is still let in.',
    act: 'Wait as long as `retry-after` says, then send a key that is known here. Most often a client sends an old key again and again.',
  },
  total_timeout: {
    kinds: ['provider_timeout'],
    means: 'The whole answer took longer than the profile allows.',
    act: "Raise `total` in the profile's timeouts.",
  },
  unreachable: {
    kinds: ['provider_overloaded'],
    means: 'The provider could not be reached. An address that is not allowed reads the same on purpose.',
    act: "Look at the provider's base_url and network, then try again.",
  },
  unreadable: {
    kinds: ['invalid_request'],
    means: 'A document could not be read as JSON. The message names the place.',
    act: 'Mend the file and plan again.',
  },
  unsafe_file: {
    kinds: ['invalid_request'],
    means: 'A file that holds something secret is missing, unreadable, or can be read by others.',
    act: 'Close it with `chmod 600`, or restore it from a backup.',
  },
}

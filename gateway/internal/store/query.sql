-- Rules for both engines: sqlc.arg everywhere, no ::cast, no arrays, no now(),
-- times come from Go in UTC and microseconds. Every query has a case in
-- storetest.

-- name: BumpRevision :one
UPDATE config_revision SET n = n + 1 RETURNING n;

-- name: Revision :one
SELECT n FROM config_revision;

-- name: Assistant :one
SELECT * FROM assistant WHERE id = sqlc.arg(id);

-- name: AssistantByName :one
SELECT * FROM assistant WHERE name = sqlc.arg(name);

-- name: Assistants :many
SELECT * FROM assistant WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: InsertAssistant :exec
INSERT INTO assistant (id, name, revision, spec, created_at, updated_at, updated_by)
VALUES (sqlc.arg(id), sqlc.arg(name), sqlc.arg(revision), sqlc.arg(spec), sqlc.arg(created_at),
    sqlc.arg(updated_at), sqlc.arg(updated_by));

-- name: UpdateAssistant :execrows
UPDATE assistant
SET name = sqlc.arg(name), revision = sqlc.arg(revision), spec = sqlc.arg(spec),
    updated_at = sqlc.arg(updated_at), updated_by = sqlc.arg(updated_by)
WHERE id = sqlc.arg(id);

-- name: DeleteAssistant :execrows
DELETE FROM assistant WHERE id = sqlc.arg(id);

-- name: Channel :one
SELECT * FROM channel WHERE id = sqlc.arg(id);

-- name: Channels :many
SELECT * FROM channel
WHERE id > sqlc.arg(after)
    AND (kind = sqlc.arg(kind) OR sqlc.arg(kind) = '')
    AND (assistant_id = sqlc.arg(assistant_id) OR sqlc.arg(assistant_id) = '')
ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: ChannelIDsOf :many
SELECT id FROM channel WHERE assistant_id = sqlc.arg(assistant_id) ORDER BY id;

-- name: ChannelIDsOfGroup :many
SELECT id FROM channel WHERE group_id = sqlc.arg(group_id) ORDER BY id;

-- name: InsertChannel :exec
INSERT INTO channel (id, kind, assistant_id, revision, spec, deletion_protection, credentials_version,
    previous_expire_at, created_at, updated_at, updated_by, group_id)
VALUES (sqlc.arg(id), sqlc.arg(kind), sqlc.arg(assistant_id), sqlc.arg(revision), sqlc.arg(spec),
    sqlc.arg(deletion_protection), sqlc.arg(credentials_version), sqlc.arg(previous_expire_at),
    sqlc.arg(created_at), sqlc.arg(updated_at), sqlc.arg(updated_by), sqlc.arg(group_id));

-- name: UpdateChannel :execrows
UPDATE channel
SET assistant_id = sqlc.arg(assistant_id), revision = sqlc.arg(revision), spec = sqlc.arg(spec),
    deletion_protection = sqlc.arg(deletion_protection), credentials_version = sqlc.arg(credentials_version),
    previous_expire_at = sqlc.arg(previous_expire_at), updated_at = sqlc.arg(updated_at),
    updated_by = sqlc.arg(updated_by), group_id = sqlc.arg(group_id)
WHERE id = sqlc.arg(id);

-- What a rotation changes at the other channels of the group: their revision
-- stays, so that a change of one that was read before is not refused.
-- name: SetGroupCredentials :exec
UPDATE channel
SET credentials_version = sqlc.arg(credentials_version), previous_expire_at = sqlc.arg(previous_expire_at)
WHERE group_id = sqlc.arg(group_id);

-- name: DeleteChannel :execrows
DELETE FROM channel WHERE id = sqlc.arg(id);

-- name: CredentialGroup :one
SELECT * FROM credential_group WHERE kind = sqlc.arg(kind) AND name = sqlc.arg(name);

-- name: InsertCredentialGroup :exec
INSERT INTO credential_group (id, kind, name) VALUES (sqlc.arg(id), sqlc.arg(kind), sqlc.arg(name));

-- name: DeleteEmptyGroup :execrows
DELETE FROM credential_group
WHERE credential_group.id = sqlc.arg(id) AND NOT EXISTS (SELECT 1 FROM channel WHERE group_id = sqlc.arg(id));

-- name: Credentials :many
SELECT * FROM channel_credential WHERE owner_id = sqlc.arg(owner_id) ORDER BY name, generation DESC;

-- name: AllCredentials :many
SELECT * FROM channel_credential ORDER BY owner_id, name, generation DESC;

-- name: InsertCredential :exec
INSERT INTO channel_credential (id, owner_id, name, generation, sealed, lookup, not_after, created_at)
VALUES (sqlc.arg(id), sqlc.arg(owner_id), sqlc.arg(name), sqlc.arg(generation), sqlc.arg(sealed),
    sqlc.arg(lookup), sqlc.arg(not_after), sqlc.arg(created_at));

-- name: ExpireCredentials :exec
UPDATE channel_credential
SET not_after = sqlc.arg(not_after)
WHERE owner_id = sqlc.arg(owner_id) AND name = sqlc.arg(name) AND generation < sqlc.arg(generation)
    AND (not_after IS NULL OR not_after > sqlc.arg(not_after));

-- name: DeleteCredentialsBefore :exec
DELETE FROM channel_credential
WHERE owner_id = sqlc.arg(owner_id) AND name = sqlc.arg(name) AND generation < sqlc.arg(generation);

-- name: DeleteCredentials :exec
DELETE FROM channel_credential WHERE owner_id = sqlc.arg(owner_id);

-- name: Tokens :many
SELECT * FROM admin_token WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: TokenByPublic :one
SELECT * FROM admin_token WHERE public = sqlc.arg(public);

-- name: InsertToken :exec
INSERT INTO admin_token (id, public, name, hash, scopes, expires_at, last_used_at, created_at)
VALUES (sqlc.arg(id), sqlc.arg(public), sqlc.arg(name), sqlc.arg(hash), sqlc.arg(scopes), sqlc.arg(expires_at),
    sqlc.arg(last_used_at), sqlc.arg(created_at));

-- name: DeleteToken :execrows
DELETE FROM admin_token WHERE id = sqlc.arg(id);

-- name: TouchToken :exec
UPDATE admin_token SET last_used_at = sqlc.arg(at)
WHERE id = sqlc.arg(id) AND (last_used_at IS NULL OR last_used_at < sqlc.arg(at));

-- name: BumpAuditHead :one
UPDATE audit_head SET seq = seq + 1 RETURNING seq, hash;

-- name: SetAuditHead :exec
UPDATE audit_head SET hash = sqlc.arg(hash);

-- name: AuditHead :one
SELECT seq, hash FROM audit_head;

-- name: InsertAudit :exec
INSERT INTO audit (seq, at, actor, token_id, action, object, before_hash, after_hash, request_id, address,
    prev_hash, hash)
VALUES (sqlc.arg(seq), sqlc.arg(at), sqlc.arg(actor), sqlc.arg(token_id), sqlc.arg(action), sqlc.arg(object),
    sqlc.arg(before_hash), sqlc.arg(after_hash), sqlc.arg(request_id), sqlc.arg(address), sqlc.arg(prev_hash),
    sqlc.arg(hash));

-- name: AuditEntries :many
SELECT * FROM audit WHERE seq > sqlc.arg(after) ORDER BY seq LIMIT sqlc.arg(max_rows);

-- name: Answer :one
SELECT * FROM idempotency WHERE key = sqlc.arg(key) AND expires_at > sqlc.arg(now);

-- name: ForgetAnswer :exec
DELETE FROM idempotency WHERE key = sqlc.arg(key) AND expires_at <= sqlc.arg(now);

-- name: SaveAnswer :exec
INSERT INTO idempotency (key, route, request_hash, status, object_id, body, expires_at)
VALUES (sqlc.arg(key), sqlc.arg(route), sqlc.arg(request_hash), sqlc.arg(status), sqlc.arg(object_id),
    sqlc.arg(body), sqlc.arg(expires_at));

-- name: Tombstoned :one
SELECT EXISTS (SELECT 1 FROM tombstone WHERE id = sqlc.arg(id) AND expires_at > sqlc.arg(now));

-- name: Entomb :exec
INSERT INTO tombstone (id, expires_at) VALUES (sqlc.arg(id), sqlc.arg(expires_at))
ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at;

-- name: PutTicket :exec
INSERT INTO ticket (hash, channel_id, call_id, expires_at, vars)
VALUES (sqlc.arg(hash), sqlc.arg(channel_id), sqlc.arg(call_id), sqlc.arg(expires_at), sqlc.arg(vars))
ON CONFLICT (call_id) DO UPDATE
SET hash = excluded.hash, channel_id = excluded.channel_id, expires_at = excluded.expires_at, vars = excluded.vars;

-- name: TakeTicket :one
DELETE FROM ticket
WHERE channel_id = sqlc.arg(channel_id) AND hash = sqlc.arg(hash) AND expires_at > sqlc.arg(now)
RETURNING *;

-- One row of several inserts of the same value; one that has expired counts for
-- nothing.
-- name: UseValue :execrows
INSERT INTO used_value (scope, hash, expires_at)
VALUES (sqlc.arg(scope), sqlc.arg(hash), sqlc.arg(expires_at))
ON CONFLICT (scope, hash) DO UPDATE SET expires_at = excluded.expires_at
WHERE used_value.expires_at <= sqlc.arg(now);

-- name: InsertCall :exec
INSERT INTO call (id, channel_id, channel_kind, assistant_id, assistant_revision, provider_application,
    provider_call_id, account, from_address, to_address, node_id, state, ending, record, started_at, answered_at,
    ended_at)
VALUES (sqlc.arg(id), sqlc.arg(channel_id), sqlc.arg(channel_kind), sqlc.arg(assistant_id),
    sqlc.arg(assistant_revision), sqlc.arg(provider_application), sqlc.arg(provider_call_id), sqlc.arg(account),
    sqlc.arg(from_address), sqlc.arg(to_address), sqlc.arg(node_id), sqlc.arg(state), sqlc.arg(ending),
    sqlc.arg(record), sqlc.arg(started_at), sqlc.arg(answered_at), sqlc.arg(ended_at));

-- name: Call :one
SELECT * FROM call WHERE id = sqlc.arg(id);

-- name: CallByProviderID :one
SELECT * FROM call WHERE channel_id = sqlc.arg(channel_id) AND provider_call_id = sqlc.arg(provider_call_id);

-- name: Calls :many
SELECT * FROM call
WHERE (id < sqlc.arg(after) OR sqlc.arg(after) = '')
    AND (channel_id = sqlc.arg(channel_id) OR sqlc.arg(channel_id) = '')
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: CallsUnfinished :many
SELECT * FROM call WHERE node_id = sqlc.arg(node_id) AND ended_at IS NULL ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: StartCall :execrows
UPDATE call SET answered_at = sqlc.arg(answered_at), state = 'running', node_id = sqlc.arg(node_id)
WHERE id = sqlc.arg(id) AND answered_at IS NULL AND ended_at IS NULL;

-- name: FinishCall :execrows
UPDATE call SET record = sqlc.arg(record), ended_at = sqlc.arg(ended_at), state = sqlc.arg(state)
WHERE id = sqlc.arg(id);

-- The whole call as the node that has it knows it. A call that another node
-- answered is left alone, and so is the end of one that was never answered; the
-- node that served a call overrules who took that node for dead.
-- name: SaveCall :execrows
INSERT INTO call (id, channel_id, channel_kind, assistant_id, assistant_revision, provider_application,
    provider_call_id, account, from_address, to_address, node_id, state, ending, record, started_at, answered_at,
    ended_at)
VALUES (sqlc.arg(id), sqlc.arg(channel_id), sqlc.arg(channel_kind), sqlc.arg(assistant_id),
    sqlc.arg(assistant_revision), sqlc.arg(provider_application), sqlc.arg(provider_call_id), sqlc.arg(account),
    sqlc.arg(from_address), sqlc.arg(to_address), sqlc.arg(node_id), sqlc.arg(state), sqlc.arg(ending),
    sqlc.arg(record), sqlc.arg(started_at), sqlc.arg(answered_at), sqlc.arg(ended_at))
ON CONFLICT (id) DO UPDATE
SET node_id = excluded.node_id, state = excluded.state, ending = excluded.ending, record = excluded.record,
    answered_at = excluded.answered_at, ended_at = excluded.ended_at
WHERE (call.node_id = excluded.node_id OR call.answered_at IS NULL)
    AND (call.ended_at IS NULL OR excluded.answered_at IS NOT NULL);

-- name: CloseLostCall :execrows
UPDATE call SET record = sqlc.arg(record), ended_at = sqlc.arg(ended_at), state = 'ended'
WHERE id = sqlc.arg(id) AND node_id = sqlc.arg(node_id) AND ended_at IS NULL;

-- name: BeatNode :exec
INSERT INTO node (id, beat, state, seen_at)
VALUES (sqlc.arg(id), 1, sqlc.arg(state), sqlc.arg(seen_at))
ON CONFLICT (id) DO UPDATE
SET beat = node.beat + 1, state = excluded.state, seen_at = excluded.seen_at;

-- name: Nodes :many
SELECT * FROM node ORDER BY id;

-- name: DeleteNode :execrows
DELETE FROM node WHERE id = sqlc.arg(id) AND beat = sqlc.arg(beat);

-- name: LostNodes :many
SELECT DISTINCT node_id FROM call
WHERE ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM node WHERE node.id = call.node_id)
ORDER BY node_id;

-- name: SealedKey :one
SELECT sealed FROM sealed_key WHERE name = sqlc.arg(name);

-- name: InsertSealedKey :exec
INSERT INTO sealed_key (name, sealed) VALUES (sqlc.arg(name), sqlc.arg(sealed))
ON CONFLICT (name) DO NOTHING;

-- name: ReplaceSealed :execrows
UPDATE channel_credential SET sealed = sqlc.arg(sealed) WHERE id = sqlc.arg(id) AND sealed = sqlc.arg(old);

-- name: ReplaceSealedKey :execrows
UPDATE sealed_key SET sealed = sqlc.arg(sealed) WHERE name = sqlc.arg(name) AND sealed = sqlc.arg(old);

-- name: HasSealedRows :one
SELECT EXISTS (
    SELECT 1 FROM sealed_key UNION ALL SELECT 1 FROM channel_credential UNION ALL SELECT 1 FROM signing_key
);

-- name: PurgeAnswers :exec
DELETE FROM idempotency WHERE expires_at <= sqlc.arg(now);

-- name: PurgeTombstones :exec
DELETE FROM tombstone WHERE expires_at <= sqlc.arg(now);

-- name: PurgeTickets :exec
DELETE FROM ticket WHERE expires_at <= sqlc.arg(now);

-- name: PurgeUsedValues :exec
DELETE FROM used_value WHERE expires_at <= sqlc.arg(now);

-- name: SigningKeys :many
SELECT * FROM signing_key ORDER BY generation;

-- name: InsertSigningKey :exec
INSERT INTO signing_key (kid, generation, sealed, public_jwk, first_use, retire_at, created_at)
VALUES (sqlc.arg(kid), sqlc.arg(generation), sqlc.arg(sealed), sqlc.arg(public_jwk), sqlc.arg(first_use),
    sqlc.arg(retire_at), sqlc.arg(created_at));

-- name: RetireSigningKeys :exec
UPDATE signing_key
SET retire_at = sqlc.arg(retire_at)
WHERE generation < sqlc.arg(generation) AND (retire_at IS NULL OR retire_at > sqlc.arg(retire_at));

-- name: ReplaceSigningKey :execrows
UPDATE signing_key SET sealed = sqlc.arg(sealed) WHERE kid = sqlc.arg(kid) AND sealed = sqlc.arg(old);

-- name: BumpRevocations :one
UPDATE revocation_head SET seq = seq + 1 RETURNING seq;

-- name: InsertRevokedToken :exec
INSERT INTO revoked_token (seq, jti, expires_at)
VALUES (sqlc.arg(seq), sqlc.arg(jti), sqlc.arg(expires_at))
ON CONFLICT (jti) DO NOTHING;

-- name: RevokedTokens :many
SELECT * FROM revoked_token
WHERE seq > sqlc.arg(after) AND expires_at > sqlc.arg(now)
ORDER BY seq LIMIT sqlc.arg(max_rows);

-- name: PurgeSigningKeys :exec
DELETE FROM signing_key WHERE retire_at <= sqlc.arg(now);

-- name: PurgeRevokedTokens :exec
DELETE FROM revoked_token WHERE expires_at <= sqlc.arg(now);

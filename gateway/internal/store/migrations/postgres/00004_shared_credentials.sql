-- Secrets of a channel or of a group of channels that share them, and values
-- that may be used once.

-- +goose Up
-- A group lives as long as it has channels; all of them have the same
-- credentials_version and previous_expire_at.
CREATE TABLE credential_group (
    id text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    CONSTRAINT credential_group_id_key PRIMARY KEY (id),
    CONSTRAINT credential_group_kind_name_key UNIQUE (kind, name)
);

-- Empty for a channel that shares its credentials with nobody.
ALTER TABLE channel ADD COLUMN group_id text NOT NULL DEFAULT '';
CREATE INDEX channel_by_group ON channel (group_id, id);

-- owner_id is a channel or a group, which no foreign key can say. The table
-- keeps its name: it is part of what each secret is sealed with.
CREATE TABLE credential_move AS SELECT * FROM channel_credential;
DROP TABLE channel_credential;
CREATE TABLE channel_credential (
    id text NOT NULL,
    owner_id text NOT NULL,
    name text NOT NULL,
    generation bigint NOT NULL,
    sealed bytea NOT NULL,
    lookup bytea,
    not_after timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT channel_credential_id_key PRIMARY KEY (id),
    CONSTRAINT channel_credential_owner_id_name_generation_key UNIQUE (owner_id, name, generation),
    CONSTRAINT channel_credential_name_lookup_key UNIQUE (name, lookup)
);
INSERT INTO channel_credential (id, owner_id, name, generation, sealed, lookup, not_after, created_at)
SELECT id, channel_id, name, generation, sealed, lookup, not_after, created_at FROM credential_move;
DROP TABLE credential_move;

-- hash is the keyed hash of a value that must not be accepted again before
-- expires_at.
CREATE TABLE used_value (
    scope text NOT NULL,
    hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT used_value_scope_hash_key PRIMARY KEY (scope, hash)
);
CREATE INDEX used_value_by_expiry ON used_value (expires_at);

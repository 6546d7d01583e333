-- One schema for both engines; the SQLite file is made from this one by two
-- replacements (migrations_test.go). Every unique constraint is named
-- <table>_<columns>_key, from which the store reads the field that conflicts.
-- Identifiers are ULIDs behind a prefix: digits and capitals only, so that they
-- sort alike under every collation.

-- +goose Up
CREATE TABLE config_revision (
    id bigint NOT NULL CHECK (id = 1),
    n bigint NOT NULL,
    CONSTRAINT config_revision_id_key PRIMARY KEY (id)
);
INSERT INTO config_revision (id, n) VALUES (1, 0);

CREATE TABLE assistant (
    id text NOT NULL,
    name text NOT NULL,
    revision bigint NOT NULL,
    spec json NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT assistant_id_key PRIMARY KEY (id),
    CONSTRAINT assistant_name_key UNIQUE (name)
);

CREATE TABLE channel (
    id text NOT NULL,
    kind text NOT NULL,
    assistant_id text NOT NULL REFERENCES assistant (id),
    revision bigint NOT NULL,
    spec json NOT NULL,
    deletion_protection boolean NOT NULL,
    credentials_version bigint NOT NULL,
    previous_expire_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    CONSTRAINT channel_id_key PRIMARY KEY (id)
);
CREATE INDEX channel_by_assistant ON channel (assistant_id, id);

-- lookup is the keyed hash of a secret that callers present, NULL for secrets
-- that are not presented. not_after is NULL while the generation is current.
CREATE TABLE channel_credential (
    id text NOT NULL,
    channel_id text NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
    name text NOT NULL,
    generation bigint NOT NULL,
    sealed bytea NOT NULL,
    lookup bytea,
    not_after timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT channel_credential_id_key PRIMARY KEY (id),
    CONSTRAINT channel_credential_channel_id_name_generation_key UNIQUE (channel_id, name, generation),
    CONSTRAINT channel_credential_name_lookup_key UNIQUE (name, lookup)
);

CREATE TABLE admin_token (
    id text NOT NULL,
    public text NOT NULL,
    name text NOT NULL,
    hash bytea NOT NULL,
    scopes json NOT NULL,
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT admin_token_id_key PRIMARY KEY (id),
    CONSTRAINT admin_token_public_key UNIQUE (public)
);

-- Append-only. at is text because its spelling is part of the hash.
CREATE TABLE audit (
    seq bigint NOT NULL,
    at text NOT NULL,
    actor text NOT NULL,
    token_id text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    before_hash text NOT NULL,
    after_hash text NOT NULL,
    request_id text NOT NULL,
    address text NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_seq_key PRIMARY KEY (seq)
);

-- The end of the chain. Its row lock serialises the appends.
CREATE TABLE audit_head (
    id bigint NOT NULL CHECK (id = 1),
    seq bigint NOT NULL,
    hash text NOT NULL,
    CONSTRAINT audit_head_id_key PRIMARY KEY (id)
);
INSERT INTO audit_head (id, seq, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE idempotency (
    key text NOT NULL,
    route text NOT NULL,
    request_hash bytea NOT NULL,
    status bigint NOT NULL,
    object_id text NOT NULL,
    body bytea,
    expires_at timestamptz NOT NULL,
    CONSTRAINT idempotency_key_key PRIMARY KEY (key)
);

-- Ids that were deleted before they existed: a late create is refused.
CREATE TABLE tombstone (
    id text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT tombstone_id_key PRIMARY KEY (id)
);

-- A call has one ticket at most: a new one replaces the old.
CREATE TABLE ticket (
    hash bytea NOT NULL,
    channel_id text NOT NULL,
    call_id text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT ticket_hash_key PRIMARY KEY (hash),
    CONSTRAINT ticket_call_id_key UNIQUE (call_id)
);

-- Records outlive channels and assistants: no foreign keys.
CREATE TABLE call (
    id text NOT NULL,
    channel_id text NOT NULL,
    channel_kind text NOT NULL,
    assistant_id text NOT NULL,
    assistant_revision bigint NOT NULL,
    provider_application text NOT NULL,
    provider_call_id text NOT NULL,
    account text NOT NULL,
    from_address text NOT NULL,
    to_address text NOT NULL,
    node_id text NOT NULL,
    state text NOT NULL,
    ending json,
    record json,
    started_at timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT call_id_key PRIMARY KEY (id),
    CONSTRAINT call_channel_id_provider_call_id_key UNIQUE (channel_id, provider_call_id)
);
CREATE INDEX call_by_channel ON call (channel_id, id);
CREATE INDEX call_unfinished ON call (node_id, id) WHERE ended_at IS NULL;

CREATE TABLE sealed_key (
    name text NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT sealed_key_name_key PRIMARY KEY (name)
);

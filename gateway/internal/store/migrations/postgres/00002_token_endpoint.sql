-- +goose Up

-- Keys that sign access tokens, the newest generation last. Of several nodes
-- that make the next generation at once, one succeeds. retire_at is NULL until
-- the next generation is known: then the last token of this key has expired,
-- and the row may go.
CREATE TABLE signing_key (
    kid text NOT NULL,
    generation bigint NOT NULL,
    sealed bytea NOT NULL,
    public_jwk json NOT NULL,
    first_use timestamptz NOT NULL,
    retire_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT signing_key_kid_key PRIMARY KEY (kid),
    CONSTRAINT signing_key_generation_key UNIQUE (generation)
);

-- The number of the last revocation. Its row lock makes the order of commits
-- the order of numbers, so that a reader may go on from the last one it saw.
CREATE TABLE revocation_head (
    id bigint NOT NULL CHECK (id = 1),
    seq bigint NOT NULL,
    CONSTRAINT revocation_head_id_key PRIMARY KEY (id)
);
INSERT INTO revocation_head (id, seq) VALUES (1, 0);

CREATE TABLE revoked_token (
    seq bigint NOT NULL,
    jti text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT revoked_token_seq_key PRIMARY KEY (seq),
    CONSTRAINT revoked_token_jti_key UNIQUE (jti)
);

-- Several gateways on one database: the lease of each node, and what a platform
-- said of a call, so that the media may connect to another node than the one
-- that offered the call.

-- +goose Up
-- A node raises beat while it lives. Others measure with their own clocks how
-- long it has stood still, so no clock is compared with another. seen_at is for
-- people.
CREATE TABLE node (
    id text NOT NULL,
    beat bigint NOT NULL,
    state text NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT node_id_key PRIMARY KEY (id)
);

-- The variables are here, not with the call: they are gone with the ticket.
ALTER TABLE ticket ADD COLUMN vars json NOT NULL DEFAULT '{}';

# Settings of the va gateway. Each one may also be given as an environment
# variable (VA_PUBLIC_URL) or a flag (--public-url); flag beats environment
# beats this file. env("NAME") reads an environment variable.

# Public listener: channel endpoints.
# http_listen = "127.0.0.1:8080"

# Base of every generated URL and of every signature check; request headers never decide it.
# public_url = "http://127.0.0.1:8080"

# Admin API (/v1/…) and /metrics.
# admin_listen = "127.0.0.1:8081"

# SQLite file, key file, admin token.
# data_dir = "./va-data"

# postgres://… or sqlite:<file>. Default: sqlite:<data dir>/va.db.
# database_url = ""

# PostgreSQL announces configuration changes to other gateways. off, for poolers that cannot: they are found by polling, within 2.5 s.
# database_listen = "on"

# Key-encryption keys, mode 0600. Default: <data dir>/kek, created on first start with the embedded store; required with PostgreSQL.
# kek_file = ""

# Bootstrap admin token with every scope, at least 32 characters. Default: generated into <data dir>/admin-token; required with PostgreSQL.
# admin_token = ""

# Certificate file (PEM), reloaded when it changes.
# tls_cert = ""

# Private key file (PEM).
# tls_key = ""

# Exact cap; the next call is refused in the channel's own way.
# max_calls = "1000"

# Balancers, CIDRs separated by commas, whose X-Forwarded-For is believed for limits, refusals and logs; URLs and signatures never follow headers.
# trusted_proxies = ""

# Addresses that are not public and that requests of the gateway may reach all the same, plain http included there; CIDRs separated by commas.
# outbound_allow_cidrs = ""

# After SIGTERM: refuse new calls, finish running ones, then exit 0.
# drain_timeout = "10m"

# debug, info, warn or error.
# log_level = "info"

# text or json. Default: text on a terminal, else json.
# log_format = ""

package config

// Settings are the settings as people write them: every value a string, empty
// when absent. The three spellings of a name are derived from one word:
// VA_PUBLIC_URL, --public-url, public_url.
type Settings struct {
	HTTPListen         string `hcl:"http_listen,optional" env:"VA_HTTP_LISTEN" standard:"127.0.0.1:8080" help:"Public listener: channel endpoints."`
	PublicURL          string `hcl:"public_url,optional" env:"VA_PUBLIC_URL" standard:"http://127.0.0.1:8080" help:"Base of every generated URL and of every signature check; request headers never decide it."`
	AdminListen        string `hcl:"admin_listen,optional" env:"VA_ADMIN_LISTEN" standard:"127.0.0.1:8081" help:"Admin API (/v1/…) and /metrics."`
	DataDir            string `hcl:"data_dir,optional" env:"VA_DATA_DIR" standard:"./va-data" help:"SQLite file, key file, admin token."`
	DatabaseURL        string `hcl:"database_url,optional" env:"VA_DATABASE_URL" help:"postgres://… or sqlite:<file>. Default: sqlite:<data dir>/va.db."`
	DatabaseListen     string `hcl:"database_listen,optional" env:"VA_DATABASE_LISTEN" standard:"on" help:"PostgreSQL announces configuration changes to other gateways. off, for poolers that cannot: they are found by polling, within 2.5 s."`
	KEKFile            string `hcl:"kek_file,optional" env:"VA_KEK_FILE" help:"Key-encryption keys, mode 0600. Default: <data dir>/kek, created on first start with the embedded store; required with PostgreSQL."`
	AdminToken         string `hcl:"admin_token,optional" env:"VA_ADMIN_TOKEN" help:"Bootstrap admin token with every scope, at least 32 characters. Default: generated into <data dir>/admin-token; required with PostgreSQL."`
	TLSCert            string `hcl:"tls_cert,optional" env:"VA_TLS_CERT" help:"Certificate file (PEM), reloaded when it changes."`
	TLSKey             string `hcl:"tls_key,optional" env:"VA_TLS_KEY" help:"Private key file (PEM)."`
	MaxCalls           string `hcl:"max_calls,optional" env:"VA_MAX_CALLS" standard:"1000" help:"Exact cap; the next call is refused in the channel's own way."`
	TrustedProxies     string `hcl:"trusted_proxies,optional" env:"VA_TRUSTED_PROXIES" help:"Balancers, CIDRs separated by commas, whose X-Forwarded-For is believed for limits, refusals and logs; URLs and signatures never follow headers."`
	OutboundAllowCIDRs string `hcl:"outbound_allow_cidrs,optional" env:"VA_OUTBOUND_ALLOW_CIDRS" help:"Addresses that are not public and that requests of the gateway may reach all the same, plain http included there; CIDRs separated by commas."`
	DrainTimeout       string `hcl:"drain_timeout,optional" env:"VA_DRAIN_TIMEOUT" standard:"10m" help:"After SIGTERM: refuse new calls, finish running ones, then exit 0."`
	LogLevel           string `hcl:"log_level,optional" env:"VA_LOG_LEVEL" standard:"info" help:"debug, info, warn or error."`
	LogFormat          string `hcl:"log_format,optional" env:"VA_LOG_FORMAT" help:"text or json. Default: text on a terminal, else json."`
}

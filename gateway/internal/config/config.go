package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/va-gateway/terraform-provider-va/gateway/api"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/secret"
)

// Config is the checked form of Settings.
type Config struct {
	HTTPListen  string
	PublicURL   string // without a trailing slash
	AdminListen string
	DataDir     string
	PostgresURL string // empty with SQLite
	SQLiteFile  string // empty with PostgreSQL
	// DatabaseListen: PostgreSQL announces changes; else they are only polled for.
	DatabaseListen bool
	KEKFile        string
	KEKGiven       bool // KEKFile was set by the operator
	AdminToken     secret.Value
	TLSCert        string
	TLSKey         string
	MaxCalls       int
	// OutboundAllow are networks that outbound requests may reach although they
	// are not public.
	OutboundAllow []netip.Prefix
	// TrustedProxies may say whom they speak for.
	TrustedProxies []netip.Prefix
	DrainTimeout   time.Duration
	LogLevel       slog.Level
	LogFormat      string
}

// Embedded reports whether the store is SQLite in the data directory, where
// missing keys may be made on first start.
func (c Config) Embedded() bool { return c.PostgresURL == "" }

// Error is a setting that stops the start: one line with name, value and fix.
type Error struct {
	Setting, Value, Problem, Fix string
}

// Error implements error.
func (e Error) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("%s: %s; %s", e.Setting, e.Problem, e.Fix)
	}
	return fmt.Sprintf("%s=%q: %s; %s", e.Setting, e.Value, e.Problem, e.Fix)
}

// Check turns complete settings into a Config or says which one is wrong.
func (s Settings) Check() (Config, error) {
	s = s.merge(standard())
	c := Config{
		HTTPListen: s.HTTPListen, AdminListen: s.AdminListen, DataDir: s.DataDir,
		TLSCert: s.TLSCert, TLSKey: s.TLSKey, AdminToken: secret.New(s.AdminToken), LogFormat: s.LogFormat,
	}
	steps := []func(*Config) error{
		s.checkListeners, s.checkPublicURL, s.checkStore, s.checkSecrets, s.checkTLS, s.checkLimits, s.checkOutbound,
		s.checkProxies, s.checkLog,
	}
	for _, step := range steps {
		if err := step(&c); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

func (s Settings) checkListeners(*Config) error {
	for _, l := range []struct{ name, value string }{
		{"VA_HTTP_LISTEN", s.HTTPListen}, {"VA_ADMIN_LISTEN", s.AdminListen},
	} {
		host, port, err := net.SplitHostPort(l.value)
		if err != nil {
			return Error{l.name, l.value, "is not host:port", "for example 127.0.0.1:8080"}
		}
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return Error{l.name, l.value, "the port is not a number from 0 to 65535", "for example 127.0.0.1:8080"}
		}
		if host == "" {
			return Error{l.name, l.value, "names no address", "write 0.0.0.0 to listen on all of them"}
		}
	}
	return nil
}

func (s Settings) checkPublicURL(c *Config) error {
	const name = "VA_PUBLIC_URL"
	u, err := url.Parse(s.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return Error{name, s.PublicURL, "is not an https URL", "for example https://va.example.com"}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Error{name, s.PublicURL, "has a user, query or fragment", "give scheme, host and port only"}
	}
	if strings.Trim(u.Path, "/") != "" {
		return Error{name, s.PublicURL, "has a path", "give scheme, host and port only"}
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return Error{name, s.PublicURL, "http is allowed on loopback only", "use https"}
	}
	c.PublicURL = u.Scheme + "://" + u.Host
	return nil
}

func (s Settings) checkStore(c *Config) error {
	const name = "VA_DATABASE_URL"
	if c.DatabaseListen = s.DatabaseListen == "on"; !c.DatabaseListen && s.DatabaseListen != "off" {
		return Error{"VA_DATABASE_LISTEN", s.DatabaseListen, "is neither on nor off", "use on, or off behind a pooler"}
	}
	file, isSQLite := strings.CutPrefix(s.DatabaseURL, "sqlite:")
	switch {
	case s.DatabaseURL == "":
		c.SQLiteFile = filepath.Join(s.DataDir, "va.db")
	case isSQLite && file != "":
		c.SQLiteFile = file
	case strings.HasPrefix(s.DatabaseURL, "postgres://"), strings.HasPrefix(s.DatabaseURL, "postgresql://"):
		if _, err := url.Parse(s.DatabaseURL); err != nil {
			return Error{
				name, "", "the PostgreSQL URL cannot be read",
				"for example postgres://va@db.example.com/va?sslmode=verify-full",
			}
		}
		c.PostgresURL = s.DatabaseURL
	default:
		return Error{name, "", "starts with neither postgres:// nor sqlite:", "for example sqlite:./va-data/va.db"}
	}
	return nil
}

func (s Settings) checkSecrets(c *Config) error {
	c.KEKFile, c.KEKGiven = s.KEKFile, s.KEKFile != ""
	if c.KEKFile == "" {
		c.KEKFile = filepath.Join(s.DataDir, "kek")
	}
	if !c.Embedded() && !c.KEKGiven {
		return Error{
			"VA_KEK_FILE", "", "is required with PostgreSQL",
			"name the key file that every gateway of this database shares",
		}
	}
	if n := len(s.AdminToken); n > 0 && n < api.MinAdminToken {
		return Error{
			"VA_ADMIN_TOKEN", "", fmt.Sprintf("has %d characters", n),
			fmt.Sprintf("use at least %d", api.MinAdminToken),
		}
	}
	if !c.Embedded() && s.AdminToken == "" {
		return Error{
			"VA_ADMIN_TOKEN", "", "is required with PostgreSQL",
			fmt.Sprintf("set any value of at least %d characters", api.MinAdminToken),
		}
	}
	return nil
}

func (s Settings) checkTLS(*Config) error {
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return Error{
			"VA_TLS_CERT", s.TLSCert, "certificate and key belong together",
			"set VA_TLS_CERT and VA_TLS_KEY, or neither",
		}
	}
	for _, f := range []struct{ name, file string }{{"VA_TLS_CERT", s.TLSCert}, {"VA_TLS_KEY", s.TLSKey}} {
		if f.file == "" {
			continue
		}
		if _, err := os.Stat(f.file); err != nil {
			return Error{f.name, f.file, "cannot be read", "name an existing PEM file"}
		}
	}
	return nil
}

func (s Settings) checkLimits(c *Config) error {
	n, err := strconv.Atoi(s.MaxCalls)
	if err != nil || n < 1 || n > 100000 {
		return Error{"VA_MAX_CALLS", s.MaxCalls, "is not a number from 1 to 100000", "the default is 1000"}
	}
	d, err := api.ParseDuration(s.DrainTimeout)
	if err != nil {
		return Error{"VA_DRAIN_TIMEOUT", s.DrainTimeout, "is not a duration", "for example 10m"}
	}
	c.MaxCalls, c.DrainTimeout = n, time.Duration(d)
	return nil
}

func (s Settings) checkOutbound(c *Config) (err error) {
	c.OutboundAllow, err = networks("VA_OUTBOUND_ALLOW_CIDRS", s.OutboundAllowCIDRs)
	return err
}

func (s Settings) checkProxies(c *Config) (err error) {
	const name = "VA_TRUSTED_PROXIES"
	if c.TrustedProxies, err = networks(name, s.TrustedProxies); err != nil {
		return err
	}
	for _, p := range c.TrustedProxies {
		if p.Bits() == 0 {
			return Error{name, s.TrustedProxies, "trusts everybody, who could then claim any address", "name the balancers"}
		}
	}
	return nil
}

// networks reads CIDRs separated by commas.
func networks(name, value string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for text := range strings.SplitSeq(value, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil || p.Addr().Is4In6() {
			return nil, Error{name, value, fmt.Sprintf("%q is not a CIDR", text), "for example 10.0.0.0/8"}
		}
		if p != p.Masked() {
			return nil, Error{name, value, fmt.Sprintf("%q has bits set after the prefix", text), "write " + p.Masked().String()}
		}
		list = append(list, p)
	}
	return list, nil
}

func (s Settings) checkLog(c *Config) error {
	if err := c.LogLevel.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return Error{"VA_LOG_LEVEL", s.LogLevel, "is not a level", "use debug, info, warn or error"}
	}
	if s.LogFormat != "" && s.LogFormat != "text" && s.LogFormat != "json" {
		return Error{"VA_LOG_FORMAT", s.LogFormat, "is not a format", "use text or json"}
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

package config

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestEveryNameHasThreeSpellings(t *testing.T) {
	t.Parallel()
	for f := range reflect.TypeFor[Settings]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("hcl"), ",")
		require.Equal(t, "VA_"+strings.ToUpper(name), f.Tag.Get("env"))
		require.NotEmpty(t, f.Tag.Get("help"), name)
	}
}

func TestDefaultsStart(t *testing.T) {
	t.Parallel()
	c, err := Settings{}.Check()
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:8080", c.PublicURL)
	require.Equal(t, filepath.Join("va-data", "va.db"), c.SQLiteFile)
	require.Equal(t, 1000, c.MaxCalls)
	require.True(t, c.Embedded())
}

// LIB-06: what default-config prints is the documented file, and it decodes.
func TestDefaultConfigLIB06(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("testdata", "gateway.hcl")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(Default()), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), Default())

	s, err := Settings{}.Load(golden)
	require.NoError(t, err)
	_, err = s.Check()
	require.NoError(t, err)
}

// LIB-07: what the file does not know is an error with file, line and column.
func TestFileErrorsLIB07(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"misspelt", `publik_url = "https://a.example"`, `gateway.hcl:1,1-11: Unsupported argument`},
		{"suggestion", `public_urls = "https://a.example"`, `Did you mean "public_url"?`},
		{"block", "engine {\n}\n", "gateway.hcl:1,1-7: Unsupported block type"},
		{"twice", "max_calls = \"1\"\nmax_calls = \"2\"\n", "gateway.hcl:2,1-10: Attribute redefined"},
		{
			"unset variable", `admin_token = env("VA_NO_SUCH_VARIABLE")`,
			"the environment variable VA_NO_SUCH_VARIABLE is not set",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "gateway.hcl")
			require.NoError(t, os.WriteFile(file, []byte(tc.text), 0o600))
			_, err := Settings{}.Load(file)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestFlagBeatsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gateway.hcl")
	require.NoError(t, os.WriteFile(file, []byte("max_calls = \"5\"\nlog_level = \"debug\"\n"), 0o600))
	s, err := Settings{MaxCalls: "7"}.Load(file)
	require.NoError(t, err)
	c, err := s.Check()
	require.NoError(t, err)
	require.Equal(t, 7, c.MaxCalls)
	require.Equal(t, "DEBUG", c.LogLevel.String())
}

// Refusing to start names the setting, its value and the fix, and no secret.
func TestCheckErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		s    Settings
		want string
	}{
		{"listen", Settings{HTTPListen: "8080"}, `VA_HTTP_LISTEN="8080": is not host:port; for example 127.0.0.1:8080`},
		{"listen all", Settings{AdminListen: ":8081"}, "names no address; write 0.0.0.0"},
		{"public http", Settings{PublicURL: "http://va.example.com"}, "http is allowed on loopback only; use https"},
		{"public path", Settings{PublicURL: "https://va.example.com/x"}, "has a path"},
		{"public text", Settings{PublicURL: "va.example.com"}, "is not an https URL"},
		{"database", Settings{DatabaseURL: "mysql://root:hunter2@db/va"}, "VA_DATABASE_URL: starts with neither"},
		{"postgres without key file", Settings{DatabaseURL: "postgres://db/va"}, "VA_KEK_FILE: is required with PostgreSQL"},
		{"postgres without token", Settings{DatabaseURL: "postgres://db/va", KEKFile: "k"}, "VA_ADMIN_TOKEN: is required"},
		{"short token", Settings{AdminToken: "hunter2"}, "VA_ADMIN_TOKEN: has 7 characters; use at least 32"},
		{"half TLS", Settings{TLSCert: "cert.pem"}, "certificate and key belong together"},
		{"no such file", Settings{TLSCert: "/nonexistent", TLSKey: "/nonexistent"}, "cannot be read"},
		{"calls", Settings{MaxCalls: "0"}, `VA_MAX_CALLS="0": is not a number from 1 to 100000`},
		{"drain", Settings{DrainTimeout: "soon"}, `VA_DRAIN_TIMEOUT="soon"`},
		{
			"outbound",
			Settings{OutboundAllowCIDRs: "10.0.0.0/8,10.1.2.3"},
			`VA_OUTBOUND_ALLOW_CIDRS="10.0.0.0/8,10.1.2.3": "10.1.2.3" is not a CIDR; for example 10.0.0.0/8`,
		},
		{"proxy without bits", Settings{TrustedProxies: "10.1.2.3"}, `"10.1.2.3" is not a CIDR`},
		{"every proxy", Settings{TrustedProxies: "10.0.0.0/8,::/0"}, "trusts everybody"},
		{"outbound mapped", Settings{OutboundAllowCIDRs: "::ffff:10.0.0.0/104"}, "is not a CIDR"},
		{"outbound host bits", Settings{OutboundAllowCIDRs: "10.1.2.3/8"}, "bits set after the prefix; write 10.0.0.0/8"},
		{"level", Settings{LogLevel: "loud"}, `VA_LOG_LEVEL="loud"`},
		{"format", Settings{LogFormat: "xml"}, `VA_LOG_FORMAT="xml"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := tc.s.Check()
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	c, err := Settings{TrustedProxies: "10.0.0.0/8, 2001:db8::/32"}.Check()
	require.NoError(t, err)
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
		c.TrustedProxies)
}

func TestOutboundAllowCIDRs(t *testing.T) {
	t.Parallel()
	c, err := Settings{OutboundAllowCIDRs: " 10.0.0.0/8, fd00::/8 ,"}.Check()
	require.NoError(t, err)
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	require.Equal(t, want, c.OutboundAllow)
}

package house_test

import "strings"

// importRule is one rule of CONTRIBUTING.md, "Import directions". broken says
// why pkg must not import imported, or "". Paths inside this module come
// without the module's name and a leading slash; test tells whether only the
// package's tests import it.
type importRule struct {
	name   string
	broken func(pkg, imported string, test bool) string
}

const (
	apiPkg      = "gateway/api"
	addressPkg  = "gateway/sipaddress"
	audioPkg    = "gateway/internal/audio"
	callPkg     = "gateway/internal/call"
	channelDir  = "gateway/internal/channel"
	engineDir   = "gateway/internal/engine"
	storeDir    = "gateway/internal/store"
	protocolDir = "gateway/internal/protocol"
	serverPkg   = "gateway/internal/server"
	testPkg     = "gateway/gatewaytest"
	housePkg    = "gateway/internal/house"
)

// suites are the packages below channel, engine and store that are no kind.
var suites = map[string]bool{
	"all": true, "channeltest": true, "enginetest": true, "storetest": true, "internal": true, "migrations": true,
}

var importRules = []importRule{
	{"rule 1 (leaves)", func(pkg, imported string, test bool) string {
		leaf := pkg == apiPkg || pkg == addressPkg || pkg == audioPkg
		if leaf && !test && !standard(imported) && (pkg != apiPkg || imported != addressPkg) {
			return "gateway/api, gateway/sipaddress and audio use the standard library only, api also sipaddress"
		}
		return ""
	}},
	{"rule 2 (provider)", func(pkg, imported string, test bool) string {
		switch {
		case !under(pkg, "provider") && pkg != "":
			return ""
		case under(imported, "gateway") && imported != apiPkg && (!test || imported != testPkg):
			return "provider knows gateway/api only, its tests gatewaytest too, so that no media code is linked into it"
		case strings.HasPrefix(imported, "github.com/hashicorp/terraform-plugin-sdk"):
			return "provider is built on terraform-plugin-framework alone"
		}
		return ""
	}},
	{"rule 3 (call)", func(pkg, imported string, test bool) string {
		if pkg == callPkg && !test && ours(imported) && imported != audioPkg {
			return "call knows audio only; it never learns what a platform is"
		}
		return ""
	}},
	{"rule 4 (siblings)", func(pkg, imported string, _ bool) string {
		for _, dir := range []string{channelDir, engineDir} {
			from, to := child(pkg, dir), child(imported, dir)
			if from != "" && to != "" && from != to && !suites[from] && !suites[to] {
				return "a channel or engine kind never imports a sibling; share a wire format through protocol"
			}
		}
		return ""
	}},
	{"rule 5 (protocol)", func(pkg, imported string, _ bool) string {
		if !under(pkg, protocolDir) {
			return ""
		}
		for _, dir := range []string{channelDir, engineDir, storeDir, apiPkg} {
			if under(imported, dir) {
				return "protocol holds wire formats and knows no channel, engine, store or admin API"
			}
		}
		return ""
	}},
	{"rule 6 (concrete kinds)", func(pkg, imported string, test bool) string {
		for _, dir := range []string{channelDir, engineDir, storeDir} {
			kind := child(imported, dir)
			if kind == "" || suites[kind] || under(pkg, dir+"/"+kind) ||
				((test || isTestPackage(pkg)) && under(pkg, dir)) {
				continue
			}
			if pkg != serverPkg && pkg != dir+"/all" {
				return "only server and the two all packages name concrete kinds, engines and stores"
			}
		}
		return ""
	}},
	{"rule 7 (server)", func(pkg, imported string, test bool) string {
		if imported == serverPkg && pkg != "gateway" && pkg != testPkg && (!test || pkg != serverPkg) {
			return "only the gateway command and gatewaytest start a server"
		}
		return ""
	}},
	{"rule 8 (test packages)", func(pkg, imported string, test bool) string {
		if test || isTestPackage(pkg) {
			return ""
		}
		if isTestPackage(imported) || strings.HasPrefix(imported, "github.com/stretchr/testify") || imported == "testing" {
			return "test helpers stay out of binaries"
		}
		return ""
	}},
}

func isTestPackage(pkg string) bool {
	return ours(pkg) && strings.HasSuffix(pkg, "test")
}

func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !ours(imported) && !strings.Contains(first, ".")
}

func ours(imported string) bool {
	return imported == "" || under(imported, "gateway") || under(imported, "provider")
}

// short takes the module's name off; a path of another module stays.
func short(importPath string) string {
	importPath, _, _ = strings.Cut(importPath, " [") // a package rebuilt for a test
	if importPath == module {
		return ""
	}
	return strings.TrimPrefix(importPath, module+"/")
}

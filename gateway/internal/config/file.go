package config

import (
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsimple"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// Load adds the settings of an HCL (or .json) file to those given by flag and
// environment, which win. Unknown names are errors with file, line and column.
func (s Settings) Load(path string) (Settings, error) {
	if path == "" {
		return s, nil
	}
	var file Settings
	if err := hclsimple.DecodeFile(path, evalContext(), &file); err != nil {
		return s, fmt.Errorf("--config: %w", err)
	}
	return s.merge(file), nil
}

// env("NAME") lets the file name a variable instead of holding a secret.
func evalContext() *hcl.EvalContext {
	env := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "name", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			value, ok := os.LookupEnv(args[0].AsString())
			if !ok {
				return cty.NilVal, fmt.Errorf("the environment variable %s is not set", args[0].AsString())
			}
			return cty.StringVal(value), nil
		},
	})
	return &hcl.EvalContext{Functions: map[string]function.Function{"env": env}}
}

// merge fills what s leaves empty from lower.
func (s Settings) merge(lower Settings) Settings {
	to, from := reflect.ValueOf(&s).Elem(), reflect.ValueOf(lower)
	for i := range to.NumField() {
		if to.Field(i).String() == "" {
			to.Field(i).SetString(from.Field(i).String())
		}
	}
	return s
}

func standard() Settings {
	var s Settings
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		v.Field(i).SetString(v.Type().Field(i).Tag.Get("standard"))
	}
	return s
}

// Default is the documented configuration file: every setting, commented out
// with its default. It decodes as it stands.
func Default() string {
	var b strings.Builder
	b.WriteString("# Settings of the va gateway. Each one may also be given as an environment\n" +
		"# variable (VA_PUBLIC_URL) or a flag (--public-url); flag beats environment\n" +
		"# beats this file. env(\"NAME\") reads an environment variable.\n")
	t := reflect.TypeFor[Settings]()
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("hcl"), ",")
		fmt.Fprintf(&b, "\n# %s\n# %s = %q\n", f.Tag.Get("help"), name, f.Tag.Get("standard"))
	}
	return b.String()
}

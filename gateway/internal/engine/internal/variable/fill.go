package variable

import "regexp"

var pattern = regexp.MustCompile(`\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}`)

// Fill replaces variables, written {{name}}, by their values, unknown ones by
// nothing. Values are not looked into: what a platform passes in cannot ask for
// other variables.
func Fill(text string, vars map[string]string) string {
	return pattern.ReplaceAllStringFunc(text, func(m string) string {
		return vars[pattern.FindStringSubmatch(m)[1]]
	})
}

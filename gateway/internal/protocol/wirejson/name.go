package wirejson

import "encoding/json"

// Snake is a camelCase name in snake_case: streamSid becomes stream_sid.
func Snake(name string) string {
	var snake []byte
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			if snake == nil {
				snake = append(make([]byte, 0, len(name)+4), name[:i]...)
			}
			snake = append(snake, '_', c+'a'-'A')
			continue
		}
		if snake != nil {
			snake = append(snake, c)
		}
	}
	if snake == nil {
		return name
	}
	return string(snake)
}

// AppendString appends a JSON string. Ids and names are plain ASCII and need no
// escapes; everything else is left to encoding/json.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// AppendStrings appends a JSON object of strings, {} for none.
func AppendStrings(dst []byte, p map[string]string) []byte {
	if len(p) == 0 {
		return append(dst, `{}`...)
	}
	object, _ := json.Marshal(p) // a map of strings always marshals
	return append(dst, object...)
}

package audiohook

import (
	"strconv"
	"strings"
	"time"
)

// maxSeconds bounds what a duration of the wire can be: a day, far longer than
// any call.
const maxSeconds = 24 * 60 * 60

// parseDuration reads the only form of ISO 8601 that the protocol uses,
// ^PT(?:\d*\.)?\d+S$.
func parseDuration(s string) (time.Duration, bool) {
	s, ok := strings.CutPrefix(s, "PT")
	if !ok {
		return 0, false
	}
	s, ok = strings.CutSuffix(s, "S")
	if !ok || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	whole, fraction, point := strings.Cut(s, ".")
	if point && fraction == "" || !point && whole == "" || strings.Contains(fraction, ".") {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || seconds > maxSeconds {
		return 0, false
	}
	return time.Duration(seconds*1e6) * time.Microsecond, true
}

// appendDuration writes the form that parseDuration reads.
func appendDuration(dst []byte, d time.Duration) []byte {
	dst = append(dst, "PT"...)
	dst = strconv.AppendFloat(dst, d.Seconds(), 'f', -1, 64)
	return append(dst, 'S')
}

package telemetry

import (
	"io"
	"log/slog"
	"os"
)

// Keys of log attributes; no other key names the same thing.
const (
	KeyCall      = "call_id"
	KeyChannel   = "channel_id"
	KeyAssistant = "assistant_id"
	KeyNode      = "node_id"
	KeyRemote    = "remote"
	KeyKind      = "kind"
	KeyReason    = "reason"
	KeyError     = "error"
)

// NewLogger makes the gateway's logger. format is "text", "json" or empty:
// text on a terminal, else json.
func NewLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewJSONHandler(w, options)
	if format == "text" || (format == "" && isTerminal(w)) {
		h = slog.NewTextHandler(w, options)
	}
	return slog.New(h)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Package scripted is the offline engine: it follows a script of states with
// keys and spoken keywords, and needs no network and no other program.
//
// # Scripts
//
// A script is a JSON object with the name of the first state and all states:
//
//	{"start": "menu", "states": {
//	  "menu":  {"say": "{{greeting}}", "gather": {
//	             "dtmf": {"0": "agent"}, "keywords": {"agent": "agent"}, "otherwise": "help",
//	             "timeout": "10s", "retries": 1, "on_timeout": "bye"}},
//	  "help":  {"say": "Press 0 or say agent.", "goto": "menu"},
//	  "agent": {"say": "One moment.", "transfer": {"destination": "sales", "refused": "menu"}},
//	  "bye":   {"say": "Goodbye.", "end": true}}}
//
// On entering a state the assistant says its "say", in which {{name}} stands
// for a variable of the assistant and {{greeting}} for its greeting. Then
// comes exactly one action:
//
//   - "gather" listens for keys and keywords, each with the state it leads to.
//     Anything else leads to "otherwise"; without it the state is entered
//     again. With a "timeout" silence enters the state again, "retries" times,
//     and then leads to "on_timeout".
//   - "transfer" asks for a transfer to a named destination of the assistant,
//     or without "destination" to the channel's own live agent. If that cannot
//     be, it leads to "refused".
//   - "end" ends the call.
//   - "echo", or by its other name "record_playback", plays back what the
//     caller says next, then follows "goto". A key leaves it.
//   - "repeat" says again what was said last before the assistant listened,
//     then follows "goto".
//   - "goto" alone goes on.
//
// When the caller is to speak first, the "say" of the first state is left out.
// A keyword that ends or transfers the call, or that was not heard clearly, is
// confirmed with yes and no, or 1 and 2. Tools are not built yet: a script
// that uses them is refused.
package scripted

// Package speech gives the scripted engine a voice and ears without a network:
// a Speaker turns text into sound, a Recognizer hears a few keywords.
//
// Both use programs that are run, never linked: espeak-ng (GPL-3) and
// pocketsphinx (BSD-2). Each is optional, each runs with bounded time, input,
// output and number, and a crash or a hang of one never reaches a call: the
// Speaker falls back to recorded prompts that are part of the binary, the
// Recognizer hears nothing.
//
// The prompts are made with `go generate`, from the texts in prompts.json.
package speech

//go:generate go run ./genprompts

// Package testcall places calls on channels as their platforms do, plays a
// caller who follows a script, and judges the call by what was heard: times
// are measured from the audio, and every sentence that the call record calls
// heard must be found in it. It knows no platform.
package testcall

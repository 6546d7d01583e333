// Package ear finds the turns of a caller for engines whose backend does not,
// by the energy of the audio, and keeps what was said in them.
package ear

// Package audio holds formats, codecs, the resampler, frames, WAV files,
// voice activity detection and the comparison of what was said with what was
// heard. It is a leaf and imports the standard library only. Everything on the
// media path works in place or appends to a buffer of the caller, without
// allocating.
package audio

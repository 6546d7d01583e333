// Package g722 is the wideband codec ITU-T G.722 at 64 kbit/s: two bands of 8
// kHz, each an adaptive differential coder. Names in comments are the blocks of
// the Recommendation, section 6.2. A byte holds two samples of 16 kHz.
package g722

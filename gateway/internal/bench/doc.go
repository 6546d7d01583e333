// Package bench holds what the gateway is measured against: a Media Streams
// bridge as anybody would write it in an afternoon. The measurements are its
// benchmarks (`make bench`) and its soak test (`make soak`).
package bench

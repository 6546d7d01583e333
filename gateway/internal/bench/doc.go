// Package bench holds what the gateway is measured against: a Media Streams
// bridge as anybody would write it in an afternoon, and for RTP an echo that
// knows nothing but packets (VA_BENCH_RTP_CALLS). The measurements are its
// benchmarks (`make bench`) and its soak test (`make soak`).
package bench

// Package crash tests the built binaries: real provider, real terraform, a real
// gateway process. It looks at what an apply leaves behind when the gateway is
// killed at the worst moment, at the files in which a secret could be left, and,
// when asked, at what many channels cost.
package crash

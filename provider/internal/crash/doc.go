// Package crash tests what an apply leaves behind when the gateway is killed at
// the worst moment: real provider, real terraform, a real gateway process.
package crash

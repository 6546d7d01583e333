// Package gatewaytest runs a whole gateway inside a test: real listeners on
// loopback, a real store, real engines.
package gatewaytest

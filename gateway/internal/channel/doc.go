// Package channel is the contract between the gateway and its channel kinds:
// what a kind must provide (Kind), and what it may ask of the gateway
// (Gateway). Each kind is one package below this one and knows no sibling;
// channel/all is the registry.
package channel

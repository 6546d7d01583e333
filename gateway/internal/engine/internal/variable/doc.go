// Package variable fills the variables of an assistant into the texts of its
// engine.
package variable

// Package library sets what sipgo has in package variables, once for all users
// of the process.
package library

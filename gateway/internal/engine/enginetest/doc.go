// Package enginetest holds the suite that every engine passes, and Echo, an
// engine for the tests of everything else.
package enginetest

// Package secret seals, indexes and generates secrets, and holds the type that
// never prints one. It is a leaf and imports the standard library only.
package secret

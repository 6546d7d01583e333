// Package secret seals, indexes and generates secrets, and holds the type that
// never prints one. It is a leaf and imports the standard library only.
//
// A secret that the gateway hands out again is sealed: AES-256-GCM under a
// fresh data key, itself wrapped by a key-encryption key that is kept outside
// the database (KEK, OpenKeyFile). A secret that is only recognised is stored
// as an HMAC under the index key, which is sealed in the database. Keyring
// does both; it is what the gateway holds.
package secret

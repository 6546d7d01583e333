// Package sqlitetest gives tests an empty SQLite store.
package sqlitetest

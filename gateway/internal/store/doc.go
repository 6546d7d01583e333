// Package store keeps the configuration, the calls and the audit log in SQLite
// (store/sqlite, one gateway) or PostgreSQL (store/postgres, several). There is
// no third store: tests use SQLite in a temporary directory.
//
// Both databases run the same statements (query.sql). What differs is a
// Dialect. Times go in and come out in UTC and whole microseconds.
//
// Configuration is written by Store.Write only, which serialises all writers
// and numbers their transactions: whoever has seen revision n has seen every
// change up to n.
package store

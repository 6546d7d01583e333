// Package postgres opens the shared store: one database, several gateways.
package postgres

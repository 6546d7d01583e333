// Package migrations holds the schema of both databases and brings one up to
// date. Migrations go forward only, one transaction each.
package migrations

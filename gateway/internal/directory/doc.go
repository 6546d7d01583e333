// Package directory is the configuration as calls see it: an immutable
// snapshot in memory, replaced as a whole whenever the configuration revision
// moves. A call never reads the database to find its channel, so known
// channels keep answering while the database is away.
package directory

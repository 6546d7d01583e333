// Package wirejson reads the JSON of media WebSockets: a Scanner for the plain
// shape that frequent messages have, without an allocation, and Fields for
// everything else, which finds the first problem and counts what nobody asked
// for.
package wirejson

// Package house holds the house rules that a compiler cannot see, as tests:
// who may import whom, what a channel kind consists of, where documentation
// links lead, and what must never be in a tracked file. There is nothing here
// to import.
package house

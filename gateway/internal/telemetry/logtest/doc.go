// Package logtest holds a log for tests.
package logtest

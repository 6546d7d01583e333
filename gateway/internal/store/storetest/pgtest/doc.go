// Package pgtest gives tests empty PostgreSQL databases: on a throw-away server
// made of Debian's binaries, or on the server that VA_TEST_DATABASE_URL names.
// Without either a test skips, and fails in CI.
//
// The server starts with the first DSN and is shared by the test binary, whose
// TestMain runs a Runner to stop it:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Runner{M: m}.Run()) }
package pgtest

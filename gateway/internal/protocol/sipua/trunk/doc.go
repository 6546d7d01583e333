// Package trunk says which SIP trunks exist: from which networks they call,
// which token they send, which numbers they bring. A Set is immutable and
// replaced as a whole when the configuration changes, so that the receive path
// needs no lock and no database.
package trunk

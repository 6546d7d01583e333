// Package sipaddress holds the rule for addresses that callers are transferred
// to. The admin API, the provider and the SIP endpoint share it and nothing
// else, so it is a package of its own that uses the standard library only.
package sipaddress

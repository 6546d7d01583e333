// Package switchboard joins channels, configuration, engines and the store: it
// admits calls, hands out and redeems media tickets, runs sessions and keeps
// their records. It implements channel.Gateway and knows no channel kind by
// name.
package switchboard

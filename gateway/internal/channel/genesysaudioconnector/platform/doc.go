// Package platform is Genesys Cloud's side of the Audio Connector, as its pages
// describe it: it signs the upgrade, opens the session, sends the caller's
// audio in messages of 200 ms, plays what it gets on an absolute clock, and
// complains of everything Genesys would complain of. What the flow does after
// the session, hanging up or transferring, follows the disposition.
package platform

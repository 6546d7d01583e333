// Package cluster is what gateways on one database know of each other: the
// lease that shows a node is alive, what happens to the calls of one that is
// not, and the news of configuration changes made elsewhere. Media never leaves
// its node, so nodes have nothing else to say to each other.
package cluster

// Package audiohook is the wire format of the Genesys Cloud Audio Connector,
// AudioHook version 2: JSON text messages in a numbered envelope and binary
// messages of raw audio on one WebSocket. It speaks both roles: Server is the
// end that answers the caller, Client is Genesys Cloud, used to place test
// calls.
//
// Sources: https://developer.genesys.cloud/devapps/audiohook/protocol-reference
// and the reference implementations
// purecloudlabs/audiohook-reference-implementation (which only listens) and
// GenesysCloudBlueprints/audioconnector-server-reference-implementation.
//
// What the protocol fixes, the envelope with its sequence numbers, is enforced;
// what the vendor extends over time, types and members, is ignored and counted:
// servers that were strict there could not be activated any more.
//
// Audio crosses in both directions without an allocation of this package.
package audiohook

// Package genesysaudioconnector is the channel kind of
// va_channel_genesys_audio_connector: an Architect flow of Genesys Cloud runs
// the action Call Audio Connector, and Genesys opens a WebSocket on which it
// sends the caller's audio, plays what it gets, and goes on with the flow when
// the gateway disconnects
// (https://help.mypurecloud.com/articles/audio-connector-overview/).
package genesysaudioconnector

// Package openaihttp asks the speech services of a server that is compatible with
// OpenAI's HTTP API: what was said, and how a text sounds. Engines whose backend
// knows only text have their ears and voice from it.
//
// Source: https://platform.openai.com/docs/api-reference/audio.
package openaihttp

// Package openaihttptest is a server of OpenAI's speech services for tests. It is
// strict: what the published description does not allow is refused.
package openaihttptest

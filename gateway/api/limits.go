package api

import "time"

// Limits shared by the gateway, which enforces them, and the provider, which
// checks them at plan time.
const (
	MaxName            = 80     // characters of an assistant, channel or provider application name
	MaxDescription     = 1000   // characters
	MaxTags            = 50     // tags of one assistant
	MaxTag             = 80     // characters of one tag
	MaxGreeting        = 1000   // characters of a greeting, prompt or announcement
	MaxScript          = 65536  // bytes of script_json
	MaxVariables       = 100    // entries
	MaxVariableValue   = 1000   // characters
	MaxPronunciations  = 200    // entries
	MaxTransfers       = 50     // named transfer destinations of one assistant
	MinSecret          = 32     // characters of a user-supplied channel secret
	MaxSecret          = 512    // characters of a user-supplied channel secret
	MinAdminToken      = 32     // characters of the bootstrap token
	MaxPageSize        = 500    // objects on one list page
	DefaultPageSize    = 100    // objects on one list page when limit is absent
	MaxBody            = 262144 // bytes of one admin request body
	MaxConcurrentCalls = 100000 // calls at a time, of a gateway process or one channel
	MaxRefusals        = 100    // refusals kept for one channel
	MaxSIPURI          = 255    // characters
	MaxAttributes      = 32     // names of attribute_allow_list
	MaxSourceCIDRs     = 256    // networks of allowed_source_cidrs
	MaxDialInNumbers   = 1000   // numbers of dial_in_numbers
	MaxVoiceID         = 64     // characters
	MinVoiceSpeed      = 0.5
	MaxVoiceSpeed      = 2.0
	DefaultVoiceSpeed  = 1.0
	MaxKeyLifetimeDays = 3650 // days an admin token may live
	MaxInstructions    = 50000
	MaxEngineKey       = 4096 // characters of a key that an engine sends
	MaxModel           = 200  // characters of a model's name
	MaxPlayHosts       = 20   // names of play_hosts
	MaxHeaders         = 20   // headers that an engine adds
	MaxHeaderValue     = 1000 // characters
	MaxRealtimeSpeed   = 1.5
	MaxRealtimeTokens  = 4096
)

// Durations: defaults and ranges.
const (
	DefaultRotationOverlap = 24 * time.Hour
	MaxRotationOverlap     = 30 * 24 * time.Hour

	DefaultMaxCallDuration = 30 * time.Minute
	MinMaxCallDuration     = time.Minute
	MaxMaxCallDuration     = 4 * time.Hour

	DefaultInactivityTimeout = 30 * time.Second
	MinInactivityTimeout     = 5 * time.Second
	MaxInactivityTimeout     = 300 * time.Second

	DefaultTurnSilence = 500 * time.Millisecond
	MinTurnSilence     = 100 * time.Millisecond
	MaxTurnSilence     = 5 * time.Second

	DefaultMinInterrupt = 200 * time.Millisecond
	MaxMinInterrupt     = 2 * time.Second

	MaxPrefixPadding = 2 * time.Second

	DefaultTokenLifetime = 90 * 24 * time.Hour

	// IdempotencyWindow is how long an Idempotency-Key and its answer, and the
	// tombstone of a deleted id, are kept.
	IdempotencyWindow = 24 * time.Hour
)

// Texts that apply when an assistant leaves them out.
const (
	DefaultLanguage         = "en-US"
	DefaultGreeting         = "Hello. You have reached the voice assistant. How can I help you?"
	DefaultInactivityPrompt = "Are you still there?"
)

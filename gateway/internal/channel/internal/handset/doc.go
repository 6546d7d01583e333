// Package handset is the caller's end of a line, the same on every simulated
// platform: what the caller says, presses and hears, and how the call is waited
// for. The platform's own side stays with the platform.
package handset

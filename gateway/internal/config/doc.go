// Package config holds the gateway's settings: each has a flag, an environment
// variable and an HCL attribute of the same name, and flag beats environment
// beats file beats default.
package config

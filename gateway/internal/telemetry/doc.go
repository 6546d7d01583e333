// Package telemetry sets up logging and metrics. It uses no globals: the
// logger and the registry are made once and passed in.
package telemetry

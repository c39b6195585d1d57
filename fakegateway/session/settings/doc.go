// Package settings is a Gateway's configuration window: what clients can read of its settings, and
// change.
//
// It must not know what follows from a setting.
package settings

// Package testkit owns the helpers that tests of several packages share: a client that speaks the
// protocol by hand, texts and searches for lists of messages, and files beside the project. It must
// not know any package of ours but the codec, so that every package's tests can use it. No program
// may import it.
package testkit

import "time"

// Patience bounds every wait of a test. Reaching it is a failure, never a measurement.
const Patience = 15 * time.Second

// T is what the helpers need of *testing.T, *testing.B or *rapid.T.
type T interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

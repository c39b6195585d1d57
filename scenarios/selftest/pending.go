package selftest

import "slices"

// pending are the checks, subjects and sabotages that rows name and that are not there yet. Rows
// that need one of them are not run, and the matrix is not complete while there is any.
var pending = []string{
	// checks
	"pace", "nothing-left", "steady-processes", "log-rate", "gateway-unharmed", "no-blind-resend",
	"exposure", "orders-after-ready", "order-ids-rise", "reconciled-before-orders",
	"no-orders-in-outage", "right-account", "message-rate", "no-order-beyond-intent",
	"no-orders-after-end", "fds-after-recovery",
	// subjects that today's checks cannot judge rightly
	"asks-the-time", "sends-garbage", "asks-for-nothing", "leaves-early", "hundred-connections",
	"storms-refused", "always-exits-13", "exits-20-unseen", "ignores-second-eof",
	"leaks-fds-late", "leaks-fds-sawtooth", "leaks-threads-late",
	"leaks-memory-with-frees",
	"streams-bars", "streams-quotes", "sends-bracket", "replaces-orders", "tags-strategy",
	"starts-slowly", "closes-with-fin",
	// sabotages without a hook
	"sampler-looks-twice", "sampler-every-2s", "kernel-dies-mid-run", "sampler-overflow",
}

// Pending reports that the row needs what is not there yet.
func (r Row) Pending() bool {
	isPending := func(name string) bool { return slices.Contains(pending, name) }
	return isPending(r.Subject) || isPending(string(r.Sabotage)) || slices.ContainsFunc(r.Killers, isPending)
}

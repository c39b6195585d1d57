package selftest

import "slices"

// pending are the checks, subjects and sabotages that rows name and that are not there yet. Rows
// that need one of them are not run, and the matrix is not complete while there is any.
var pending = []string{
	"fds-after-recovery", "storms-refused", "always-exits-13", "exits-20-unseen", "ignores-second-eof",
	"closes-with-fin", "starts-slowly",
	"sampler-looks-twice", "sampler-every-2s", "kernel-dies-mid-run", "sampler-overflow",
}

// Pending reports that the row needs what is not there yet.
func (r Row) Pending() bool {
	isPending := func(name string) bool { return slices.Contains(pending, name) }
	return isPending(r.Subject) || isPending(string(r.Sabotage)) || slices.ContainsFunc(r.Killers, isPending)
}

package selftest

import "slices"

// pending are the checks, subjects and sabotages that rows name and that are not there yet. Rows
// that need one of them are not run, and the matrix is not complete while there is any.
var pending []string

// Pending reports that the row needs what is not there yet.
func (r Row) Pending() bool {
	isPending := func(name string) bool { return slices.Contains(pending, name) }
	return isPending(r.Subject) || isPending(string(r.Sabotage)) || slices.ContainsFunc(r.Killers, isPending)
}

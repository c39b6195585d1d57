// Package history keeps one line for each run beside the runs, and says what changed: between two runs
// by a rank test over their handshakes, and over nights by the same test over the nights' medians.
package history

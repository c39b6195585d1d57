// Package alert wakes people up. It reads the board, finds the conditions that nobody should sleep through,
// and hands them to a command or a webhook: never more often than its limit, each within a deadline, and
// none lost without being counted. It trades nothing and holds nothing up.
package alert

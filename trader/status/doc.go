// Package status is what a trader shows of itself: one Snapshot, made by the engine and never changed
// afterwards, and the Board that it is on. Everything that watches a trader (the status page, metrics,
// alerts, readiness, systemd's watchdog) reads the board and nothing else of the trader's memory, so no
// observer can hold up a cycle.
//
// It knows neither the engine nor who looks.
package status

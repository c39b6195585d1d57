// Package protect decides what protects a position at the broker: where its stop and its target are,
// and what must be sent so that the orders there are as many shares as the position. It is pure: it
// sends nothing, asks nobody and keeps no state. The engine tells it what is known and does what it says.
//
// Plan is the way in; Spec is what may be configured.
package protect

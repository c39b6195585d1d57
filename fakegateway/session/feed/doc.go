// Package feed runs what a client has subscribed to: it wakes each subscription when it is due, in an
// order that is the same in every run.
//
// It must not know what a subscription sends.
package feed

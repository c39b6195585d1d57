// Package reference is what a client can look up and what does not change while it looks: contracts,
// option chains, market rules, exchanges.
//
// It must not know orders and subscriptions.
package reference

// Package contract turns what a client calls a contract into instruments of the market, and an
// instrument into the contract of an answer.
//
// It must not know which request the contract comes from.
package contract

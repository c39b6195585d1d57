// Package display is the groups of linked windows of a Gateway: which contract each shows, and which
// clients follow it.
//
// It must not know the market.
package display

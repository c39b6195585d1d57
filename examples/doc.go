// Package examples holds programs that use the fake Gateway as any TWS API client would, and the
// tests that run them against it: a Go program on the stock client and a TypeScript program on
// @stoqey/ib. They are ordinary clients: an address is all that they are told.
package examples

// Package account is what a client's requests about accounts mean: values, positions, profits, and
// what a client follows of them.
//
// It must not know who has placed an order.
package account

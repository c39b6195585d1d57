// Package orders is what a client's requests about orders and executions mean: it places, changes
// and cancels orders in the books (package exchange), and sends a client the events of those orders
// that are for it.
//
// It must not know how an order fills, nor any other family of requests.
package orders

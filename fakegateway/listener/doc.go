// Package listener owns the Gateway's port: listening and accepting, how the Gateway comes up and back, the
// faults and operations that are on the Gateway as a whole. It must not know what is said on a
// connection: it admits sockets and ends them all.
package listener

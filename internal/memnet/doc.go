// Package memnet is a TCP without a kernel: listeners and connections in memory, for tests in
// virtual time. It stands below every other package and knows none of them.
//
// It copies what Linux's loopback does with FIN, half-close, RST and deadlines, down to which error
// comes first and which only afterwards; the tests run one table of behaviours against both. Every
// wait is durably blocking in the sense of testing/synctest, if the Listener was made in the bubble.
//
// The gotcha: BufferBytes is much less than a kernel buffers, so a writer blocks sooner when its peer
// does not read. Kernels of other systems have other error numbers; memnet always uses syscall.E...
package memnet

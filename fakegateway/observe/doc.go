// Package observe owns what a Gateway remembers and shows of itself: the ledger of connections, the
// transcript of frames, the receipts of faults, and the events that tell of them as they happen. It must
// not know sockets, sessions or the port: they file, and it numbers, keeps and hands out.
package observe

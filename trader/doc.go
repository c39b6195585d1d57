// Package trader is the trader's engine: sessions with a Gateway, one after the other, and cycles
// on each. It decides what is sent and when, never how.
//
// What always holds, whatever the Gateway does and wherever the process dies:
//
//   - An order's intent is on the disk before the order is on the wire, under an id that the order
//     carries as its orderRef. An intent is sent at most once. One whose outcome is unknown is
//     settled by the broker's open orders, executions and completed orders alone.
//   - No order is sent before this session's books were reconciled, nor while the Gateway has lost
//     IBKR, nor on bars that are open, stale or implausible by the Gateway's clock.
//   - Every execution is booked exactly once, whenever and however often it is reported.
//   - One dial at a time, one connection for all cycles, and reconnects on a capped schedule.
//
// Engine.Run is the way in. One goroutine runs the cycles; one more for each session takes its
// events into the journal, which is what both share.
package trader

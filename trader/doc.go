// Package trader is the trader's engine: sessions with a Gateway, one after the other, and cycles
// on each. It decides what is sent and when, never how.
//
// What always holds, whatever the Gateway does and wherever the process dies:
//
//   - An order's intent is on the disk before the order is on the wire, under an id that the order
//     carries as its orderRef. An intent is sent at most once. One whose outcome is unknown is
//     settled by the broker's open orders, executions, completed orders and positions, or by a
//     person; silence settles nothing within the order's day. An order that is listed lives.
//   - No order is sent before this session's books were reconciled, nor while the Gateway has lost
//     IBKR, nor on bars that are open, stale by the Gateway's clock or by this host's, or not the
//     contract's.
//   - No order turns the sign of a position, the trader's or the account's: own shares are what the
//     intents traded, as far as the account still has them.
//   - Beside every position a stop of the same size rests at the broker, if Config.Protect wants one; what
//     cannot be protected in time is closed. An order that reduces a position is sent when the stop has
//     given way for certain.
//   - Every execution is booked exactly once, whenever and however often it is reported; a bust takes
//     it back.
//   - One dial at a time, one connection for all cycles, and reconnects on a capped schedule. A question
//     that is not answered twice ends the session.
//   - A symbol that cannot be decided on is an alert in time, whatever the cause.
//
// Engine.Run is the way in. One goroutine runs the cycles; one more for each session takes its
// events into the journal, which is what both share.
package trader

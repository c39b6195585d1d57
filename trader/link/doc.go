// Package link owns the one socket that the trader has to a Gateway: dial, handshake, relay,
// liveness, drain, close. Nothing else in the trader ever opens one.
//
// An API client never faces the Gateway. Connect does the whole handshake by itself; Attach then
// lets one fresh client connect to a loopback listener that serves it the same version reply.
// From there whole frames are relayed, each one checked before the client's decoder sees it.
//
// The gotcha: the client may be called only inside Submit. Its request methods race with its own
// shutdown, and Submit is what keeps the two apart. Its Error callback must offer every message to
// Sentinel, and its ConnectionClosed callback must call ClientClosed: that is how the link knows
// that everything was decoded before the client goes down.
//
// Config.Transcript shows every frame; Stats counts what was withheld.
package link

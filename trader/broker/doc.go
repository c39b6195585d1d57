// Package broker is one session with a Gateway as typed requests and events. It sits on package
// link, which owns the socket, and on IBKR's API client (github.com/scmhub/ibapi), which encodes
// and decodes; no type of that client leaks out.
//
// An answer is complete or an error: a reply whose End never came is ErrIncomplete, never an
// empty list. Replies are matched by request id inside one session, so nothing that belongs to an
// earlier session or to a request that gave up can satisfy a later one. Callbacks never block; a
// consumer of Events that falls EventQueue behind ends the session instead of losing one.
//
// Session.Stats counts what was dropped and why; Config.Transcript shows every frame.
package broker

package fakegateway

import (
	"context"
	"fmt"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
)

// Watch follows what happens from now on. The channel holds 4096 events; when the follower lags
// further, events are lost, and the next one says how many. stop ends it and closes the channel.
func (s *Server) Watch() (events <-chan Event, stop func()) { return s.board.Watch() }

// Wait returns when until holds. It is asked again after everything that happens, and never
// between. The error, when ctx ends first or the Gateway is closed, names what was awaited and
// shows the ledger's tail.
func (s *Server) Wait(ctx context.Context, what string, until func(*View) bool) error {
	wake, stop := s.board.Wake()
	defer stop()
	for {
		if until(&View{s: s}) {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w (%s)", what, context.Cause(ctx), s.board.Tail())
		case <-s.gone:
			if until(&View{s: s}) {
				return nil
			}
			return fmt.Errorf("wait for %s: %w (%s)", what, ErrClosed, s.board.Tail())
		}
	}
}

// View is the Gateway's state as Wait shows it. Each method sees the newest state; between two
// calls things may move on, but nothing that happened is ever taken back.
type View struct{ s *Server }

// Connections is the ledger.
func (v *View) Connections() []Connection { return v.s.Connections() }

// Connection is one row; false when there is no such connection yet.
func (v *View) Connection(id int) (Connection, bool) {
	return v.s.board.Connection(id)
}

// Received counts client messages of this name over all connections since the start.
func (v *View) Received(name string) int { return v.s.board.Received(name) }

// Sent counts Gateway messages of this name that the kernel took, over all connections.
func (v *View) Sent(name string) int { return v.s.board.Sent(name) }

// Transcript is the kept frames with a Seq above after, decoded.
func (v *View) Transcript(after int) []Frame { return v.s.board.Transcript(after) }

// Receipts is what faults did so far.
func (v *View) Receipts() []fault.Receipt { return v.s.Receipts() }

// Books is the exchange's truth.
func (v *View) Books() exchange.Books { return v.s.Books() }

// InCloseWait counts connections whose Gateway end is in CLOSE_WAIT.
func (v *View) InCloseWait() int { return v.s.board.InCloseWait() }

// Dialogs counts the clients that wait for the incoming connection dialog.
func (v *View) Dialogs() int { return v.s.dialogs.Waiting() }

// Connectivity is the state of the connection to IBKR's servers.
func (v *View) Connectivity() session.Connectivity { return v.s.Connectivity() }

// Stage says how far up the Gateway is.
func (v *View) Stage() Stage { return v.s.stage.Now() }

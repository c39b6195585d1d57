package fakegateway

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

func operate(t *testing.T, s *Server, o fault.Operation) {
	t.Helper()
	if err := s.Operate(o, ""); err != nil {
		t.Fatal(err)
	}
}

func awaitDialogs(t *testing.T, s *Server, n int) {
	t.Helper()
	await(t, s, "dialogs", func(v *View) bool { return v.Dialogs() == n })
}

func TestDialogKeepsClientsWaitingUnread(t *testing.T) {
	s := startServer(t, withPort(PortSettings{Dialog: DialogEach}))
	first, second := dial(t, s), dial(t, s)
	first.greet()
	second.greet()
	awaitDialogs(t, s, 2)
	first.wantSilence()
	for _, r := range s.Connections() {
		if r.BytesIn != 0 {
			t.Errorf("bytes were read behind the dialog: %+v", r)
		}
	}
	operate(t, s, fault.DialogAccept)
	first.versionReply()
	first.startAPI(1)
	first.until(wire.NextValidID)
	second.wantSilence() // one dialog at a time
	operate(t, s, fault.DialogReject)
	second.wantFINWithoutAByte()
	err := s.Operate(fault.DialogAccept, "")
	if err == nil || !strings.Contains(err.Error(), "no incoming connection dialog") {
		t.Errorf("answer without a dialog: %v", err)
	}
}

func TestDismissedClientIsNeverAnswered(t *testing.T) {
	s := startServer(t, withPort(PortSettings{Dialog: DialogEach}))
	c := dial(t, s)
	c.greet()
	awaitDialogs(t, s, 1)
	operate(t, s, fault.DialogDismiss)
	row(t, s, 1, "the preamble", func(r Connection) bool { return r.Preamble })
	c.wantSilence()
	c.close()
	row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
}

func TestAcceptedAddressIsRemembered(t *testing.T) {
	s := startServer(t, Config{Profile: "dialog"})
	first, second := dial(t, s), dial(t, s)
	awaitDialogs(t, s, 2)
	operate(t, s, fault.DialogAccept)
	first.connect(1)
	second.connect(2) // its dialog was about the same address
	dial(t, s).connect(3)
}

func TestDialogPerClientIDComesAfterTheVersion(t *testing.T) {
	s := startServer(t, withPort(PortSettings{Dialog: DialogPerClientID}))
	c := dial(t, s)
	c.hello()
	c.startAPI(5)
	awaitDialogs(t, s, 1)
	c.wantSilence()
	operate(t, s, fault.DialogAccept)
	c.until(wire.NextValidID)
	c.close()
	row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	dial(t, s).connect(5)
	c = dial(t, s)
	c.hello()
	c.startAPI(6)
	awaitDialogs(t, s, 1)
	operate(t, s, fault.DialogReject)
	c.wantFIN()
}

// The client that has gone keeps its place in the queue, and its socket, until the operator comes.
func TestClientThatLeftStaysUntilItsDialogIsAnswered(t *testing.T) {
	s := startServer(t, withPort(PortSettings{Dialog: DialogEach}))
	gone, next := dial(t, s), dial(t, s)
	awaitDialogs(t, s, 2)
	gone.greet()
	gone.close()
	next.greet()
	next.wantSilence()
	if r := s.Connections()[0]; !r.Closed.IsZero() || !r.ClientFIN.IsZero() {
		t.Errorf("ledger: %+v", r)
	}
	operate(t, s, fault.DialogAccept)
	row(t, s, 1, "the end", func(r Connection) bool { return !r.Closed.IsZero() })
	operate(t, s, fault.DialogAccept)
	next.versionReply()
}

func TestDialogIsAnsweredByItselfInTime(t *testing.T) {
	for _, answer := range []DialogAnswer{AcceptClient, RejectClient, DismissDialog} {
		synctest.Test(t, func(t *testing.T) {
			g := serveInBubble(t, withPort(PortSettings{
				Dialog: DialogEach, DialogAnswer: answer, DialogAfter: time.Minute,
			}))
			began := time.Now()
			c := g.dial(t)
			c.greet()
			synctest.Wait()
			if answer == AcceptClient {
				c.versionReply()
				next := g.dial(t)
				next.greet()
				next.versionReply()
				if took := time.Since(began); took != 2*time.Minute { // its own dialog
					t.Errorf("the second client was served after %s", took)
				}
				return
			}
			if answer == RejectClient {
				c.wantFINWithoutAByte()
				if took := time.Since(began); took != time.Minute {
					t.Errorf("rejected after %s", took)
				}
				return
			}
			<-time.After(time.Minute)
			synctest.Wait()
			if g.dialogs.Waiting() != 0 || g.Connections()[0].Closed != (time.Time{}) {
				t.Errorf("ledger: %+v", g.Connections()[0])
			}
		})
	}
}

func TestRestartClosesTheDialogs(t *testing.T) {
	s := startServer(t, withPort(PortSettings{Dialog: DialogEach}))
	first, second := dial(t, s), dial(t, s)
	first.greet()
	awaitDialogs(t, s, 2)
	if err := s.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	first.wantFINWithoutAByte()
	second.wantFINWithoutAByte()
	awaitDialogs(t, s, 0)
}

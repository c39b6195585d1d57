package link

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// End ends the link for a reason of the caller's, for example a consumer that fell behind. The
// first reason stands.
func (l *Link) End(reason Reason, err error) { l.end(reason, err) }

// Close ends the link, delivers what has arrived, and waits until everything is over. If ctx ends
// first, the rest is cut short, by RST. The error says what was left undone; that the link had ended
// by itself is none.
func (l *Link) Close(ctx context.Context) error {
	l.end(LocalClose, nil)
	l.closeOnce.Do(func() { close(l.closeCalled) })
	select {
	case <-l.done:
	case <-ctx.Done():
		l.cutShort()
		<-l.done
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.incomplete != nil {
		return fmt.Errorf("close link to %s: %w", l.cfg.Addr,
			errors.Join(l.incomplete, context.Cause(ctx)))
	}
	return nil
}

// cutShort ends every wait of the end.
func (l *Link) cutShort() {
	l.hurry.Do(func() {
		close(l.hurried)
		_ = l.conn.SetDeadline(time.Unix(1, 0)) // a closed connection needs no deadline
	})
}

// end begins the end, once. After it, no request joins the queue to the Gateway.
func (l *Link) end(reason Reason, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	l.ended = true
	phase := PhaseSession
	switch {
	case reason == LocalClose:
		phase = PhaseClose
	case l.cfg.Relay == nil && l.client.phase != attached:
		phase = PhaseAttach
	}
	l.cause = &Error{
		Reason: reason, Phase: phase, Addr: l.cfg.Addr, After: time.Since(l.began), Err: err,
	}
	l.toClient.lift()
	close(l.ending)
	l.log.Info("link ends", "generation", l.generation, "cause", l.cause)
}

// supervise watches over the link's life and owns its end.
func (l *Link) supervise() {
	l.watchLiveness()
	l.closeGateway()
	if l.cfg.Relay != nil {
		close(l.done) // everything that arrived was handed over as it was read
		return
	}
	if err := l.retireClient(); err != nil {
		l.log.Warn("API client did not go down cleanly", "generation", l.generation, "error", err)
		l.undone(err)
	}
	close(l.done)
}

// undone adds to the cause of the end what could not be done any more: from then on it is not
// certain that the client has decoded all that arrived.
func (l *Link) undone(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	cause := *l.cause
	cause.Err = errors.Join(cause.Err, err)
	l.cause, l.incomplete = &cause, err
}

// graceExtent times CloseGrace is the longest that the Gateway's last frames are waited for, while
// they keep coming.
const graceExtent = 4

// closeGateway sends FIN, reads what still arrives until the Gateway's FIN or the grace is over,
// and closes. The socket is armed: a Gateway that has not closed by then gets an RST.
func (l *Link) closeGateway() {
	grace := max(0, l.cfg.CloseGrace)
	_ = l.conn.SetWriteDeadline(time.Now().Add(grace)) // fails only once nothing can be written
	<-l.writerDone
	if grace > 0 {
		_ = closeWrite(l.conn) // fails after an RST, when there is nothing left to close
	}
	l.closeBy.Store(int64(time.Since(l.began) + graceExtent*grace))
	l.limitReading()
	<-l.readerDone
	_ = l.conn.Close() // the descriptor is gone whatever this says
}

// limitReading gives the next frame the grace to arrive, once the link's end has got that far. The
// reader calls it behind each frame: what the kernel has already must not be lost to a slow machine.
func (l *Link) limitReading() {
	by := l.closeBy.Load()
	if by == 0 {
		return
	}
	until := min(time.Since(l.began)+max(0, l.cfg.CloseGrace), time.Duration(by))
	_ = l.conn.SetReadDeadline(l.began.Add(until)) // a closed connection needs no deadline
	select {
	case <-l.hurried:
		_ = l.conn.SetReadDeadline(time.Unix(1, 0)) // it may have been overwritten just now
	default:
	}
}

// retireClient takes the API client down after everything that arrived was decoded. The client's
// own watcher does it when it reads the end of its connection: a call of Disconnect by anybody else
// would race with that watcher.
func (l *Link) retireClient() error {
	switch l.awaitAttach() {
	case attached:
	case attachFailed:
		return nil // Attach has closed its connection
	default:
		return nil // no client: nothing that arrived was promised to anybody
	}
	var errs []error
	errs = append(errs, l.drainClient())
	_ = closeWrite(l.client.conn) // FIN: the client's reader sees the end
	errs = append(errs, l.await(l.client.gone, nil, clientCloseTimeout, "close its connection"))
	_ = l.client.conn.Close()
	close(l.client.stop)
	<-l.client.stopped
	<-l.client.gone
	errs = append(errs, l.await(l.client.closed, nil, clientCloseTimeout, "call ConnectionClosed"))
	return errors.Join(errs...)
}

// awaitAttach waits for an Attach that is under way, and for one that may still come: a Gateway
// can send everything and close before Attach was called. Close and time put an end to that.
func (l *Link) awaitAttach() attachPhase {
	t := time.NewTimer(l.cfg.AttachTimeout)
	defer t.Stop()
	select {
	case <-l.client.over:
	case <-l.closeCalled:
	case <-t.C:
	}
	l.mu.Lock()
	phase := l.client.phase
	if phase == unattached {
		l.client.phase = attachFailed // too late from now on
	}
	l.mu.Unlock()
	if phase == attaching {
		<-l.client.over // bounded by AttachTimeout
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.client.phase
	}
	return phase
}

// drainClient waits until the client has decoded everything that arrived. It takes the turn, for
// good: no submission touches the client any more.
func (l *Link) drainClient() error {
	l.client.turn <- struct{}{} // a submission under way is bounded by handOverTimeout
	frame, err := l.sentinelFrame(sentinelClose)
	if err != nil {
		return err
	}
	if !l.toClient.push(frame, l.hurried) {
		return errors.New("cut short before the client had everything")
	}
	return l.await(l.client.drained, l.client.gone, l.cfg.DrainTimeout, "decode all that arrived")
}

// await waits for an event of the client's, until unless happens or the limit is over.
func (l *Link) await(event, unless <-chan struct{}, limit time.Duration, what string) error {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-event:
		return nil
	case <-unless:
	case <-l.hurried:
		return fmt.Errorf("cut short while waiting for the client to %s", what)
	case <-t.C:
		return fmt.Errorf("the client did not %s within %s", what, limit)
	}
	select {
	case <-event:
		return nil
	default:
		return fmt.Errorf("the client went down before it could %s", what)
	}
}

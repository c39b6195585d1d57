package listener

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
)

const (
	// fillerLimit bounds the dial that fills our own accept queue.
	fillerLimit = time.Second
	// kernelBacklog is the accept queue of a healthy port; the kernel cuts it to its own maximum.
	kernelBacklog = 4096
)

// FillBacklog stops accepting, makes the accept queue as short as it gets and fills it with a
// connection of our own: the kernel then drops every SYN, while the port still shows LISTEN.
func (p *Port) FillBacklog(hit fault.Hit) (wire string, err error) {
	p.begin(hit.Number)
	if p.ln == nil {
		return "nothing", errors.New("the port is closed")
	}
	if err := p.pause(); err != nil {
		return "nothing", err
	}
	p.lasts(hit)
	p.gateway.Board.Announce(observe.Event{Kind: observe.EventRefusing, Message: "accept queue full"})
	ln, ok := p.ln.(syscall.Conn)
	if !ok {
		return "not accepting", fmt.Errorf("a %s listener has no accept queue to shorten",
			p.addr.Network())
	}
	if err := setBacklog(ln, 0); err != nil {
		return "not accepting", fmt.Errorf("shorten the accept queue: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), fillerLimit)
	defer cancel()
	p.filler, err = p.self.dial(ctx, p.addr, dialFiller)
	if err != nil && ctx.Err() == nil {
		return "not accepting", fmt.Errorf("fill the accept queue: %w", err)
	}
	return "accept queue full", nil // a filler that timed out found it full already
}

// pause stops the accept loop and leaves the listener open.
func (p *Port) pause() error {
	if p.accepted == nil {
		return nil
	}
	ln, ok := p.ln.(interface{ SetDeadline(t time.Time) error })
	if !ok {
		return fmt.Errorf("a %s listener cannot pause", p.addr.Network())
	}
	if err := ln.SetDeadline(time.Unix(1, 0)); err != nil {
		return fmt.Errorf("pause the accept loop: %w", err)
	}
	<-p.accepted
	p.accepted = nil
	return ln.SetDeadline(time.Time{})
}

// emptyQueue undoes FillBacklog; what waited in the queue is accepted.
func (p *Port) emptyQueue() error {
	if ln, ok := p.ln.(syscall.Conn); ok && p.accepted == nil {
		if err := setBacklog(ln, kernelBacklog); err != nil {
			return fmt.Errorf("lengthen the accept queue: %w", err)
		}
	}
	if p.filler != nil {
		_ = p.filler.Close() // never carried a byte
		p.filler = nil
	}
	return nil
}

package fakegateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"ibsoak/fakegateway/fault"
)

const (
	// fillerLimit bounds the dial that fills our own accept queue.
	fillerLimit = time.Second
	// kernelBacklog is the accept queue of a healthy port; the kernel cuts it to its own maximum.
	kernelBacklog = 4096
)

// FillBacklog stops accepting, makes the accept queue as short as it gets and fills it with a
// connection of our own: the kernel then drops every SYN, while the port still shows LISTEN.
func (p *port) FillBacklog(hit fault.Hit) (wire string, err error) {
	p.begin(hit.Number)
	if p.ln == nil {
		return "nothing", errors.New("the port is closed")
	}
	if err := p.pause(); err != nil {
		return "nothing", err
	}
	p.lasts(hit)
	p.s.board.Announce(Event{Kind: EventRefusing, Message: "accept queue full"})
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
	p.filler, err = p.s.ours.dial(ctx, p.addr, dialFiller)
	if err != nil && ctx.Err() == nil {
		return "not accepting", fmt.Errorf("fill the accept queue: %w", err)
	}
	return "accept queue full", nil // a filler that timed out found it full already
}

// pause stops the accept loop and leaves the listener open.
func (p *port) pause() error {
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
func (p *port) emptyQueue() error {
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

// plantFirst makes the configured zombies as soon as the Gateway is up.
func (s *Server) plantFirst() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.owned.Go(func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	err := s.Wait(ctx, "the Gateway", func(v *View) bool { return v.Stage() == Ready })
	if err == nil {
		err = s.PlantZombies(ctx, s.cfg.PlantedZombies)
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("zombies of the settings", "err", err)
	}
}

// ClearZombies takes planted zombies away again, with RST, which leaves nothing at either end. It
// returns when their sockets are closed.
func (s *Server) ClearZombies(ctx context.Context) error {
	rows := map[int]bool{}
	for _, r := range s.Connections() {
		if r.Planted && r.Closed.IsZero() {
			rows[r.ID] = true
		}
	}
	for _, c := range s.open() {
		if rows[c.Number()] {
			c.RST("planted, and cleared")
		}
	}
	return s.Wait(ctx, "the end of the planted zombies", func(v *View) bool {
		return !slices.ContainsFunc(v.Connections(), func(r Connection) bool {
			return rows[r.ID] && r.Closed.IsZero()
		})
	})
}

// PlantZombies makes n zombies: connections from this process to the Gateway's port that are
// closed at the client's end and held in CLOSE_WAIT at the Gateway's. It returns when the kernel
// has told the Gateway of every FIN. Their rows are Planted; faults neither count nor touch them.
func (s *Server) PlantZombies(ctx context.Context, n int) error {
	s.mu.Lock()
	var addr net.Addr
	if s.serving {
		addr = s.port.addr
	}
	s.mu.Unlock()
	if addr == nil {
		return errors.New("plant zombies: the gateway does not serve yet")
	}
	planted := func(v *View) (zombies int) {
		for _, r := range v.Connections() {
			if r.Planted && r.Held && r.InCloseWait() {
				zombies++
			}
		}
		return zombies
	}
	before := planted(&View{s: s})
	for i := range n {
		c, err := s.ours.dial(ctx, addr, dialZombie)
		if err != nil {
			return fmt.Errorf("plant zombie %d of %d: %w", i+1, n, err)
		}
		if err := c.Close(); err != nil {
			return fmt.Errorf("plant zombie %d of %d: %w", i+1, n, err)
		}
	}
	return s.Wait(ctx, fmt.Sprintf("%d planted zombies", n), func(v *View) bool {
		return planted(v) >= before+n
	})
}

package fakegateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

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
	serving := s.serving
	s.mu.Unlock()
	if !serving {
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
		c, err := s.port.DialSelf(ctx)
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

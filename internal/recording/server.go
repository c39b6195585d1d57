package recording

import (
	"errors"
	"net"
	"sync"
)

// server accepts clients for a Tap or a Player, and owns the goroutine of each of them.
type server struct {
	mu      sync.Mutex
	ln      net.Listener
	open    map[int]func() // ends a connection, by its number
	count   int            // connections so far
	closing bool
	wg      sync.WaitGroup // the accept loop and the goroutines of connections
}

// startFunc returns what serves a connection, and what ends it from outside. number counts from 1.
type startFunc func(c net.Conn, number int) (run, end func())

// serve accepts clients on ln until close, and closes ln. It returns nil after close.
func (s *server) serve(ln net.Listener, start startFunc) error {
	s.mu.Lock()
	if s.closing || s.ln != nil {
		s.mu.Unlock()
		return errors.Join(errors.New("it was closed, or serves already"), ln.Close())
	}
	s.ln = ln
	s.wg.Add(1)
	s.mu.Unlock()
	defer s.wg.Done()
	for {
		c, err := ln.Accept()
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.closing {
				return nil
			}
			return err
		}
		s.admit(c, start)
	}
}

// admit registers a connection before its goroutine starts, so that close finds every one.
func (s *server) admit(c net.Conn, start startFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		_ = c.Close() // the client came too late
		return
	}
	if s.open == nil {
		s.open = make(map[int]func())
	}
	s.count++
	number := s.count
	run, end := start(c, number)
	s.open[number] = end
	s.wg.Go(func() {
		run()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, number)
	})
}

// connections is how many clients have connected so far.
func (s *server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// close stops accepting, ends every open connection, and waits for their goroutines.
func (s *server) close() {
	s.mu.Lock()
	s.closing = true
	ln := s.ln
	for _, end := range s.open {
		end()
	}
	s.mu.Unlock()
	if ln != nil {
		_ = ln.Close() // the accept loop returns either way
	}
	s.wg.Wait()
}

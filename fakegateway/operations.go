package fakegateway

import (
	"cmp"
	"fmt"
	"net"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
)

// Restart ends all sessions, with FIN or RST, closes the port and comes back as d says; a zero d is
// the profile's own startup. It returns when the sessions have ended.
func (s *Server) Restart(d fault.Downtime, end fault.Action) error {
	hit, err := restartHit(d, end)
	if err != nil {
		return err
	}
	return s.orderAndWait(hit)
}

func restartHit(d fault.Downtime, end fault.Action) (fault.Hit, error) {
	return requested("restart", "on request", fault.What{Do: fault.Restart, Then: end, Downtime: &d})
}

// requested is what a schedule would do at once, if a schedule may.
func requested(id, point string, what fault.What) (fault.Hit, error) {
	f := fault.Fault{ID: id, When: fault.When{At: new(fault.Duration)}, What: what}
	err := (fault.Schedule{Faults: []fault.Fault{f}}).Validate()
	return fault.Hit{Fault: f, Point: point}, err
}

// Operate does one operation to the whole Gateway, as action operate of a schedule does; farm is
// the name for the farm-* operations, else "". It returns when it is done.
func (s *Server) Operate(o fault.Operation, farm string) error {
	hit, err := requested("operate", "by request", fault.What{Do: fault.Operate, Operation: o, Farm: farm})
	if err != nil {
		return err
	}
	return s.orderAndWait(hit)
}

// orderAndWait hands an order to the port and waits until it was carried out.
func (s *Server) orderAndWait(hit fault.Hit) error {
	s.mu.Lock()
	serving := s.serving
	s.mu.Unlock()
	if !serving {
		return fmt.Errorf("%s: the gateway does not serve yet", hit.ID)
	}
	return s.port.Do(hit)
}

// startup is the startup of a Gateway that is not told another one.
func (s *Server) startup() fault.Downtime {
	if s.cfg.Startup != nil {
		return *s.cfg.Startup
	}
	return s.profile.Startup
}

// endAll ends every connection, as the exit of a process does, and waits for the sessions. It
// returns how many there were.
func (s *Server) endAll(hit fault.Hit) int {
	s.mu.Lock()
	s.epoch++
	s.crashed, s.sinceUp = false, 0
	s.mu.Unlock()
	conns := s.open()
	ended := conns[:0:0]
	for _, c := range conns {
		if c.Ended() {
			continue
		}
		ended = append(ended, c)
		perConn := hit.Then(cmp.Or(hit.What.Then, fault.FIN))
		perConn.Connection = c.Number()
		if c.IsLive() {
			c.Do(perConn)
		} else if c.IsZombie() {
			c.Close("the gateway restarted")
		}
	}
	for _, c := range ended {
		<-c.SessionOver() // the session has ended: its client id is free
	}
	return len(ended)
}

// portOwner is the Gateway as its port sees it.
type portOwner struct{ s *Server }

func (o portOwner) Admit(nc net.Conn, planted bool) { o.s.admit(nc, planted) }
func (o portOwner) EndAll(hit fault.Hit) int        { return o.s.endAll(hit) }
func (o portOwner) Open() []*connection.Conn        { return o.s.open() }
func (o portOwner) Go(f func())                     { o.s.owned.Go(f) }

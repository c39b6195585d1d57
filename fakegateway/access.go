package fakegateway

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ibsoak/fakegateway/connection"
	"ibsoak/fakegateway/fault"
)

// parseTrusted reads TrustedAddresses.
func parseTrusted(texts []string) ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			a, addrErr := netip.ParseAddr(text)
			if addrErr != nil {
				return nil, fmt.Errorf("%q: want an address like 127.0.0.1 or a "+
					"prefix like 10.0.0.0/8", text)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, nil
}

// judge decides whether a client that was just accepted is served, asked about, refused without a
// byte, or left without an answer. The caller holds mu.
func (s *Server) judge(c *connection.Conn) {
	switch refusal := s.refusal(c.Remote()); {
	case refusal == "":
		c.AskFirst()
	case s.cfg.SilentWhenFull && refusal == tooMany:
		c.SetMuted(true)
	default:
		c.Refuse(refusal)
	}
}

const tooMany = "as many clients as may be are connected already"

// refusal says why a client is closed without a byte; "" when it is not.
func (s *Server) refusal(from netip.Addr) string {
	if len(s.trusted) > 0 && !slices.ContainsFunc(s.trusted, func(p netip.Prefix) bool {
		return p.Contains(from)
	}) {
		return "the address is not trusted"
	}
	if limit := s.cfg.MaxClients; limit > 0 && s.clients() >= limit {
		return tooMany
	}
	return ""
}

// clients counts the connections that nobody has begun to end. The caller holds mu.
func (s *Server) clients() int {
	n := 0
	for c := range s.conns {
		if !c.IsPlanted() && !c.IsLeaving() {
			n++
		}
	}
	return n
}

// logins are the times of recent START_APIs, for MaxLogins. The Server's mu guards them.
type logins []time.Time

// stallLogin counts a login at now and says how long it is to be stalled.
func (s *Server) stallLogin(now time.Time) time.Duration {
	if s.cfg.MaxLogins <= 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins = slices.DeleteFunc(s.logins, func(t time.Time) bool {
		return now.Sub(t) >= s.cfg.LoginWindow
	})
	if len(s.logins) >= s.cfg.MaxLogins {
		return s.clock.Real(s.cfg.LoginStall)
	}
	s.logins = append(s.logins, now)
	return 0
}

// owner is the Gateway as its connections see it.
type owner struct{ s *Server }

func (o owner) Order(hit fault.Hit)                    { o.s.order(hit) }
func (o owner) ClientLeft(c *connection.Conn)          { o.s.clientLeft(c) }
func (o owner) StallLogin(now time.Time) time.Duration { return o.s.stallLogin(now) }
func (o owner) Open() []*connection.Conn               { return o.s.open() }

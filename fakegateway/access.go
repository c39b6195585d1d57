package fakegateway

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
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
func (s *Server) judge(c *conn) {
	switch c.refusal = s.refusal(addrPort(c.nc.RemoteAddr()).Addr()); {
	case c.refusal == "":
		c.askFirst()
	case s.cfg.SilentWhenFull && c.refusal == tooMany:
		c.refusal, c.muted = "", true
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
		if !c.row.Planted && !c.isLeaving() {
			n++
		}
	}
	return n
}

// logins are the times of recent START_APIs, for MaxLogins. The Server's mu guards them.
type logins []time.Time

// throttles counts a login at now and says how long it is to be stalled.
func (s *Server) throttles(now time.Time) time.Duration {
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

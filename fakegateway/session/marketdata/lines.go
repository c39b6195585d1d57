package marketdata

import "ibsoak/fakegateway/lock"

const (
	codeMaxTickers = 101
	textMaxTickers = "Max number of tickers has been reached"
)

// lines counts the market data lines in use, over all clients of the login.
type lines struct {
	mu   lock.Mutex[lock.Session]
	used int
	of   map[*Session]int
}

// takeLine reserves a market data line for request id, or answers error 101 when there is none.
// Every line is given back by releaseLines, or by the end of the session.
func (s *Session) takeLine(id int) bool {
	l := &s.login.lines
	l.mu.Lock()
	taken := l.used < s.login.cfg.MarketDataLines
	if taken {
		if l.of == nil {
			l.of = make(map[*Session]int)
		}
		l.used++
		l.of[s]++
	}
	l.mu.Unlock()
	if !taken {
		s.client.Fail(id, codeMaxTickers, textMaxTickers)
	}
	return taken
}

// releaseLines gives n lines back.
func (s *Session) releaseLines(n int) {
	l := &s.login.lines
	l.mu.Lock()
	defer l.mu.Unlock()
	if n = min(n, l.of[s]); n > 0 {
		l.used -= n
		l.of[s] -= n
	}
}

// End is the end of the client's session: its market data lines are free.
func (s *Session) End() {
	l := &s.login.lines
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used -= l.of[s]
	delete(l.of, s)
}

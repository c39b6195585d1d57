package session

import (
	"fmt"
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
)

// IBKR's pacing limits of historical data with bars of 30 seconds or less.
const (
	identicalWithin = 15 * time.Second // the same request again
	burstWithin     = 2 * time.Second  // for the same contract, exchange and series
	burstRequests   = 6
	paceWithin      = 10 * time.Minute
	paceRequests    = 60
	smallBarSeconds = 30

	textPacing = textHistory + "Historical data request pacing violation"
)

// paced is a request that counts against the limits.
type paced struct {
	at            time.Time
	request, data string
}

// violatesPacing counts a request and reports whether a Gateway that enforces IBKR's limits would
// refuse it. Refused requests count too.
func (s *Session) violatesPacing(m *protobuf.HistoricalDataRequest, q market.HistoryRequest) bool {
	if !s.login.cfg.EnforcePacing || q.BarSize.Unit != market.Second ||
		q.BarSize.Count > smallBarSeconds {
		return false
	}
	now := s.conn.Now()
	p := paced{
		at:   now,
		data: fmt.Sprint(q.Instrument.ConID, m.GetContract().GetExchange(), m.GetWhatToShow()),
	}
	p.request = fmt.Sprint(p.data, m.GetEndDateTime(), m.GetDuration(), m.GetBarSizeSetting(),
		m.GetUseRTH(), m.GetFormatDate(), m.GetKeepUpToDate())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data.forgetPaced(now)
	same, burst := 0, 1
	for _, old := range s.data.paced {
		if old.request == p.request && now.Sub(old.at) < identicalWithin {
			same++
		}
		if old.data == p.data && now.Sub(old.at) < burstWithin {
			burst++
		}
	}
	s.data.pace(p)
	if q.Series == market.BidAsk { // counts twice, as IBKR documents
		s.data.pace(p)
	}
	return same > 0 || burst >= burstRequests || len(s.data.paced) > paceRequests
}

// maxPaced bounds what is remembered of a client that does not pace itself at all.
const maxPaced = 10 * paceRequests

// tooManyRealTimeQueries counts a request for real-time bars, of which IBKR takes 60 in ten
// minutes, together with those for historical data.
func (s *Session) tooManyRealTimeQueries() bool {
	if !s.login.cfg.EnforcePacing {
		return false
	}
	now := s.conn.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data.forgetPaced(now)
	s.data.pace(paced{at: now})
	return len(s.data.paced) > paceRequests
}

// forgetPaced drops the requests that do not count any more.
func (d *subscriptions) forgetPaced(now time.Time) {
	d.paced = slices.DeleteFunc(d.paced, func(old paced) bool { return now.Sub(old.at) >= paceWithin })
}

func (d *subscriptions) pace(p paced) {
	if len(d.paced) < maxPaced {
		d.paced = append(d.paced, p)
	}
}

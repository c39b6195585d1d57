package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// IBKR's pacing limits of historical data with bars of 30 seconds or less.
const (
	identicalWithin = 15 * time.Second // the same request again
	burstWithin     = 2 * time.Second  // for the same contract, exchange and series
	burstRequests   = 6
	paceWithin      = 10 * time.Minute
	paceRequests    = 60
	smallBarSeconds = 30

	textPacing = client.TextHistory + "Historical data request pacing violation"
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
	now := s.client.Now()
	p := paced{
		at:   now,
		data: fmt.Sprint(q.Instrument.ConID, m.GetContract().GetExchange(), m.GetWhatToShow()),
	}
	p.request = fmt.Sprint(p.data, m.GetEndDateTime(), m.GetDuration(), m.GetBarSizeSetting(),
		m.GetUseRTH(), m.GetFormatDate(), m.GetKeepUpToDate())
	s.client.Lock()
	defer s.client.Unlock()
	s.forgetPaced(now)
	same, burst := 0, 1
	for _, old := range s.paced {
		if old.request == p.request && now.Sub(old.at) < identicalWithin {
			same++
		}
		if old.data == p.data && now.Sub(old.at) < burstWithin {
			burst++
		}
	}
	s.pace(p)
	if q.Series == market.BidAsk { // counts twice, as IBKR documents
		s.pace(p)
	}
	return same > 0 || burst >= burstRequests || len(s.paced) > paceRequests
}

// maxPaced bounds what is remembered of a client that does not pace itself at all.
const maxPaced = 10 * paceRequests

// TooManyRealTimeQueries counts a request for real-time bars, of which IBKR takes 60 in ten
// minutes, together with those for historical data.
func (s *Session) TooManyRealTimeQueries() bool {
	if !s.login.cfg.EnforcePacing {
		return false
	}
	now := s.client.Now()
	s.client.Lock()
	defer s.client.Unlock()
	s.forgetPaced(now)
	s.pace(paced{at: now})
	return len(s.paced) > paceRequests
}

// forgetPaced drops the requests that do not count any more. The caller holds the client's lock.
func (s *Session) forgetPaced(now time.Time) {
	s.paced = slices.DeleteFunc(s.paced, func(old paced) bool { return now.Sub(old.at) >= paceWithin })
}

func (s *Session) pace(p paced) {
	if len(s.paced) < maxPaced {
		s.paced = append(s.paced, p)
	}
}

package history

import (
	"slices"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// sendSchedule answers whatToShow SCHEDULE: the sessions that begin within a stretch of time, in the
// instrument's zone, which is a field of its own.
func (s *Session) sendSchedule(id int, q historyQuery) {
	h, days := s.login.exchange.Market().HistorySchedule(s.client.Now(), q.HistoryRequest)
	days = slices.DeleteFunc(days, func(d market.TradingDay) bool { return d.Open.Before(h.Start) })
	if len(days) == 0 {
		s.client.Fail(id, client.CodeHistory, q.noData())
		return
	}
	zone := q.Instrument.Zone()
	sessions := make([]*protobuf.HistoricalSession, len(days))
	for n, day := range days {
		sessions[n] = &protobuf.HistoricalSession{
			StartDateTime: proto.String(day.Open.In(zone).Format(utcForm)),
			EndDateTime:   proto.String(day.Close.In(zone).Format(utcForm)),
			RefDate:       proto.String(day.RefDate),
		}
	}
	s.client.Send(wire.HistoricalSchedule, &protobuf.HistoricalSchedule{
		ReqId: client.Num(id), StartDateTime: sessions[0].StartDateTime,
		EndDateTime: sessions[len(sessions)-1].EndDateTime,
		TimeZone:    proto.String(q.Instrument.ZoneID), HistoricalSessions: sessions,
	})
}

package session

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

func TestEveryBarSizeAndDuration(t *testing.T) {
	epoch := func(m *protobuf.HistoricalDataRequest) { m.FormatDate = num(epochStyle) }
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for name := range strings.SplitSeq(legalBarSizes, ", ") {
		size, span := strings.ToLower(name), barSizes[strings.ToLower(name)]
		durations := []string{"1 W"}
		switch {
		case span.Unit == market.Month:
			durations = []string{"3 M"}
		case span.Unit == market.Second && span.Count < 60:
			durations = []string{"60 S", "3600"} // more would be too many bars for one answer
		case span.Unit == market.Second && span.Count < 3600:
			durations = []string{"21600 S"}
		}
		for _, duration := range durations {
			got := l.ask(wire.ReqHistoricalData, bars(1, duration, size, epoch))
			if summary(got) != "historicalData, historicalDataEnd" {
				t.Fatalf("%s of %s: %s", duration, size, summary(got))
			}
			rows := body[*protobuf.HistoricalData](t, got, wire.HistoricalData).GetHistoricalDataBars()
			if len(rows) == 0 || !slices.IsSortedFunc(rows, func(a, b *protobuf.HistoricalDataBar) int {
				return strings.Compare(a.GetDate(), b.GetDate())
			}) {
				t.Errorf("%s of %s: %d bars", duration, size, len(rows))
			}
		}
	}
}

func TestEveryKindOfBar(t *testing.T) {
	show := func(what string) func(*protobuf.HistoricalDataRequest) {
		return func(m *protobuf.HistoricalDataRequest) { m.WhatToShow = new(what) }
	}
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		for _, what := range servedSeries {
			size := "1 hour"
			if strings.Contains(what, "VOLATILITY") {
				size = "1 day"
			}
			got := l.ask(wire.ReqHistoricalData, bars(1, "2 D", size, show(strings.ToLower(what))))
			rows := body[*protobuf.HistoricalData](t, got, wire.HistoricalData).GetHistoricalDataBars()
			quotes := !strings.Contains(what, "TRADES") && what != "ADJUSTED_LAST"
			for _, b := range rows {
				if quotes != (b.GetBarCount() == -1) && !strings.Contains(what, "VOLATILITY") {
					t.Fatalf("%s: %v", what, b)
				}
			}
		}
		for _, what := range otherSeries {
			if what == "SCHEDULE" {
				continue
			}
			wantFlow(t, l.ask(wire.ReqHistoricalData, bars(1, "5 D", "1 day", show(what))), "errMsg:1 162")
		}
	})
}

func TestHistoricalConflicts(t *testing.T) {
	show := func(what string, keep bool, end string) func(*protobuf.HistoricalDataRequest) {
		return func(m *protobuf.HistoricalDataRequest) {
			m.WhatToShow, m.KeepUpToDate = new(what), proto.Bool(keep)
			if end != "" {
				m.EndDateTime = new(end)
			}
		}
	}
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	for name, tc := range map[string]struct {
		m    *protobuf.HistoricalDataRequest
		want string
	}{
		"adjusted with an end": {
			bars(1, "1 D", "1 min", show("ADJUSTED_LAST", false, "20261120-17:00:00")),
			"End date not supported with adjusted last",
		},
		"adjusted weeks": {
			bars(1, "1 M", "1W", show("ADJUSTED_LAST", false, "")),
			"Multi day bar size not supported with adjusted last",
		},
		"live bid and ask": {
			bars(1, "1 D", "1 min", show("BID_ASK", true, "")),
			"Source price not supported with live updates",
		},
		"schedule of minutes": {
			bars(1, "1 D", "1 min", show("SCHEDULE", false, "")),
			"Only daily resolution supported for Schedule requests",
		},
		"days":    {bars(1, "366 D", "1 day"), "must be made in years"},
		"seconds": {bars(1, "86401", "1 min"), "greater than 86400 seconds"},
		"none":    {bars(1, "", "1 min"), "not specified"},
	} {
		t.Run(name, func(t *testing.T) {
			got := l.ask(wire.ReqHistoricalData, tc.m)
			if e := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage); e.GetErrorCode() != 321 ||
				!strings.Contains(e.GetErrorMsg(), tc.want) {
				t.Errorf("%d %q", e.GetErrorCode(), e.GetErrorMsg())
			}
		})
	}
}

// A date without a zone is answered all the same, behind the warning of Gateways that know of zones.
func TestImpliedTimeZoneIsWarnedOf(t *testing.T) {
	for v, want := range map[wire.Version]string{
		173: "historicalData", 178: "errMsg:1 2174, historicalData",
		225: "errMsg:1 2174, historicalData, historicalDataEnd",
	} {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		m := bars(1, "60 S", "1 min")
		m.EndDateTime = new("20261120 12:00:00")
		if got := summary(l.ask(wire.ReqHistoricalData, m)); got != want {
			t.Errorf("at %d: %s, want %s", v, got, want)
		}
	}
}

func TestHistoryTakesItsTime(t *testing.T) {
	const latency = 3 * time.Second
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{HistoryLatency: latency}), v, 1)
		wantFlow(t, l.ask(wire.ReqHistoricalData, bars(5, "60 S", "5 secs")))
		wantFlow(t, l.ask(wire.ReqHistoricalData, bars(6, "60 S", "5 secs")))
		wantFlow(t, l.ask(wire.ReqHistoricalData, bars(6, "60 S", "5 secs")), "errMsg:6 322")
		got := l.ask(wire.CancelHistoricalData, &protobuf.CancelHistoricalData{ReqId: num(5)})
		wantFlow(t, got, "errMsg:5 162")
		if text := body[*protobuf.ErrorMessage](t, got, wire.ErrorMessage).GetErrorMsg(); text !=
			"Historical Market Data Service error message:API historical data query cancelled: 5" {
			t.Errorf("cancelled with %q", text)
		}
		l.steps(latency - 1)
		wantFlow(t, l.take())
		l.steps(1)
		late := l.take()
		if got := body[*protobuf.HistoricalData](t, late, wire.HistoricalData); got.GetReqId() != 6 {
			t.Errorf("request %d is answered", got.GetReqId())
		}
		wantFlow(t, l.ask(wire.CancelHistoricalData, &protobuf.CancelHistoricalData{ReqId: num(6)}),
			"errMsg:6 366")
		l.steps(time.Minute)
		wantFlow(t, l.take())
	})
}

// Kept up to date, a client's bars are those that a new request gets, for every size.
func TestKeptBarsAreThoseOfANewRequest(t *testing.T) {
	for _, size := range []string{
		"1 secs", "5 secs", "30 secs", "1 min", "15 mins", "1 hour", "8 hours", "1 day", "1w",
	} {
		for _, what := range []string{"TRADES", "MIDPOINT"} {
			if what == "MIDPOINT" && barSizes[size].Unit != market.Second {
				continue // days are slow
			}
			t.Run(size+" "+what, func(t *testing.T) {
				l := login(t, testLogin(t, Semantics{}), 200, 1)
				duration := "1 M"
				if span := barSizes[size]; span.Unit == market.Second {
					duration = fmt.Sprint(4*max(span.Count, 30), " S")
				}
				if size == "8 hours" {
					duration = "1 D"
				}
				request := bars(5, duration, size, func(m *protobuf.HistoricalDataRequest) {
					m.WhatToShow, m.KeepUpToDate = new(what), proto.Bool(true)
				})
				known := make(map[string]string)
				learn := func(b *protobuf.HistoricalDataBar) { known[b.GetDate()] = fmt.Sprint(b) }
				for _, b := range body[*protobuf.HistoricalData](t,
					l.ask(wire.ReqHistoricalData, request), wire.HistoricalData).GetHistoricalDataBars() {
					learn(b)
				}
				const span = 35 * time.Second
				l.steps(span)
				got := l.take()
				if len(got) < int(span/updateEvery) {
					t.Fatalf("only %d updates", len(got))
				}
				for _, u := range all[*protobuf.HistoricalDataUpdate](got, wire.HistoricalDataUpdate) {
					learn(u.GetHistoricalDataBar())
				}
				request.ReqId, request.KeepUpToDate = num(6), nil
				rows := body[*protobuf.HistoricalData](t,
					l.ask(wire.ReqHistoricalData, request), wire.HistoricalData).GetHistoricalDataBars()
				for n, b := range rows {
					if n > 0 && known[b.GetDate()] != fmt.Sprint(b) { // the first may be cut
						t.Fatalf("bar %d of %d\n%v\nis known as\n%s", n, len(rows), b, known[b.GetDate()])
					}
				}
			})
		}
	}
}

func TestSchedule(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{SessionsOnly: true}), v, 1)
		got := l.ask(wire.ReqHistoricalData, bars(7, "5 D", "1 day", func(m *protobuf.HistoricalDataRequest) {
			m.WhatToShow = new("SCHEDULE")
		}))
		wantFlow(t, got, "historicalSchedule")
		answer := body[*protobuf.HistoricalSchedule](t, got, wire.HistoricalSchedule)
		sessions := answer.GetHistoricalSessions()
		if len(sessions) != 5 || answer.GetTimeZone() != "US/Eastern" ||
			answer.GetStartDateTime() != "20261116-09:30:00" || answer.GetEndDateTime() != "20261120-16:00:00" {
			t.Fatalf("schedule %v", answer)
		}
		if last := sessions[4]; last.GetRefDate() != "20261120" || last.GetStartDateTime() != "20261120-09:30:00" {
			t.Errorf("last session %v", last)
		}
	})
}

// The session of the day on which a month begins has begun before: captured from a Gateway at 200.
func TestScheduleOfAMonthIsTheCapturedOne(t *testing.T) {
	l := login(t, testLogin(t, Semantics{SessionsOnly: true}), 200, 1)
	got := l.ask(wire.ReqHistoricalData, bars(7, "1 M", "1 day", func(m *protobuf.HistoricalDataRequest) {
		m.WhatToShow, m.EndDateTime = new("SCHEDULE"), new("20260411-17:52:12")
	}))
	answer := body[*protobuf.HistoricalSchedule](t, got, wire.HistoricalSchedule)
	if n := len(answer.GetHistoricalSessions()); n != 21 || answer.GetStartDateTime() != "20260312-09:30:00" {
		t.Errorf("%d sessions from %s", n, answer.GetStartDateTime())
	}
}

func TestHeadTimestampFormats(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		text := func(style int) string {
			got := l.ask(wire.ReqHeadTimestamp, &protobuf.HeadTimestampRequest{
				ReqId: num(4), Contract: stock("AAPL"), WhatToShow: new("TRADES"), FormatDate: num(style),
			})
			return body[*protobuf.HeadTimestamp](t, got, wire.HeadTimestamp).GetHeadTimestamp()
		}
		first, err := time.Parse(utcForm, text(1))
		if err != nil || text(2) != client.Whole(first.Unix()) || text(3) != first.Format("0102 15:04:05") {
			t.Errorf("head timestamps %q, %q, %q: %v", text(1), text(2), text(3), err)
		}
		for style, show := range map[int]string{1: "GOSSIP", 9: "TRADES"} {
			wantFlow(t, l.ask(wire.ReqHeadTimestamp, &protobuf.HeadTimestampRequest{
				ReqId: num(4), Contract: stock("AAPL"), WhatToShow: new(show), FormatDate: num(style),
			}), "errMsg:4 321")
		}
	})
}

// What the history service is asked for and has not answered yet can be cancelled.
func TestLateAnswersCanBeCancelled(t *testing.T) {
	const latency = time.Second
	requests := map[string]struct {
		ask, cancel wire.Kind
		request     proto.Message
		end         proto.Message
		since       wire.Version
		want        string
	}{
		"head timestamp": {
			wire.ReqHeadTimestamp, wire.CancelHeadTimestamp,
			&protobuf.HeadTimestampRequest{
				ReqId: num(4), Contract: stock("AAPL"), WhatToShow: new("TRADES"), FormatDate: num(1),
			}, &protobuf.CancelHeadTimestamp{ReqId: num(4)}, 0, "errMsg:4 162",
		},
		"histogram": {
			wire.ReqHistogramData, wire.CancelHistogramData,
			&protobuf.HistogramDataRequest{
				ReqId: num(4), Contract: stock("AAPL"), TimePeriod: new("600 secs"), UseRTH: proto.Bool(true),
			}, &protobuf.CancelHistogramData{ReqId: num(4)}, 0, "errMsg:4 10188",
		},
		"ticks": {
			wire.ReqHistoricalTicks, wire.CancelHistoricalTicks, ticksRequest("TRADES", 10),
			&protobuf.CancelHistoricalTicks{ReqId: num(4)}, 215, "errMsg:4 10187",
		},
	}
	for name, tc := range requests {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v wire.Version) {
				if v < tc.since {
					return
				}
				l := login(t, testLogin(t, Semantics{HistoryLatency: latency}), v, 1)
				wantFlow(t, l.ask(tc.ask, tc.request))
				wantFlow(t, l.ask(tc.ask, tc.request), "errMsg:4 322")
				wantFlow(t, l.ask(tc.cancel, tc.end), tc.want)
				l.steps(time.Minute)
				wantFlow(t, l.take())
				l.ask(tc.ask, tc.request)
				l.steps(latency)
				if got := l.take(); len(got) != 1 {
					t.Errorf("answer: %s", summary(got))
				}
				wantFlow(t, l.ask(tc.cancel, tc.end))
			})
		})
	}
}

func ticksRequest(show string, n int) *protobuf.HistoricalTicksRequest {
	return &protobuf.HistoricalTicksRequest{
		ReqId: num(4), Contract: stock("AAPL"), WhatToShow: new(show), NumberOfTicks: num(n),
		EndDateTime: new("20261120-17:00:00"), UseRTH: proto.Bool(false),
	}
}

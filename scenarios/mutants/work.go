package mutants

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// workDefects are the traders that seem to work.
var workDefects = []Mutant{
	{Name: "sits-idle", Defect: "completes the handshake and never asks for anything", run: sitsIdle},
	{Name: "asks-the-time", Defect: "asks for the time and for nothing else", run: asksTheTime},
	{Name: "sends-garbage", Defect: "sends a message that no API has, and leaves", run: sendsGarbage},
	{
		Name: "asks-for-nothing", run: asksForNothing,
		Defect: "asks for bars of a contract that does not exist, and takes the refusal for an answer",
	},
	{Name: "leaves-early", Defect: "asks for bars and leaves before they come", run: leavesEarly},
	{
		Name: "never-reads", run: neverReads,
		Defect: "asks for bars, waits a while and leaves without a look at the answer",
	},
	{
		Name: "bursts", run: bursts(0),
		Defect: "does an hour's cycles at once",
	},
	{
		Name: "bursts-later", run: bursts(honestCycles),
		Defect: "keeps its interval three times, and then does an hour's cycles at once",
	},
}

func sitsIdle(ctx context.Context, p params) int {
	t := right()
	t.work = func(context.Context, *session) error { return nil }
	return t.run(ctx, p)
}

func asksTheTime(ctx context.Context, p params) int {
	t := right()
	t.work = func(_ context.Context, s *session) error { return s.beat() }
	return t.run(ctx, p)
}

// beat asks for the time and waits for it: a heartbeat.
func (s *session) beat() error {
	if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	if err := s.send(wire.ReqCurrentTime, &protobuf.CurrentTimeRequest{}); err != nil {
		return err
	}
	_, err := s.await(wire.CurrentTime)
	return err
}

// sendsGarbage leaves a moment later: the message must have been read.
func sendsGarbage(ctx context.Context, p params) int {
	const unknown, moment = 777, 50 * time.Millisecond
	t := right()
	t.work = func(ctx context.Context, s *session) error {
		payload := append(binary.BigEndian.AppendUint32(nil, unknown), "xx"...)
		frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
		if _, err := s.conn.Write(append(frame, payload...)); err != nil {
			return err
		}
		pause(ctx, moment)
		return nil
	}
	return t.run(ctx, p)
}

func asksForNothing(ctx context.Context, p params) int {
	t := right()
	t.work = func(_ context.Context, s *session) error {
		if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
			return err
		}
		if err := s.askBars(stock("NOSUCHSTOCK"), false); err != nil {
			return err
		}
		for {
			body, err := s.await(wire.ErrorMessage)
			if err != nil {
				return err
			}
			if body.(*protobuf.ErrorMessage).GetId() == s.nextReq {
				return nil
			}
		}
	}
	return t.run(ctx, p)
}

func leavesEarly(ctx context.Context, p params) int {
	t := right()
	t.work = func(_ context.Context, s *session) error {
		cork(s.conn) // the request and the FIN travel together, and no answer can be in time
		return s.askBars(stock("AAPL"), false)
	}
	t.leave = (*session).leaveUnread
	return t.run(ctx, p)
}

// leaveUnread closes without reading what has come. The FIN goes first: a close with bytes unread would
// reset, and what was asked never leave.
func (s *session) leaveUnread() {
	s.conn.CloseWrite()
	s.conn.Close()
}

// neverReads is there when its answer comes, and its kernel takes it.
func neverReads(ctx context.Context, p params) int {
	const while = 300 * time.Millisecond
	t := right()
	t.work = func(ctx context.Context, s *session) error {
		if err := s.askBars(stock("AAPL"), false); err != nil {
			return err
		}
		pause(ctx, while)
		return nil
	}
	t.leave = (*session).leaveUnread
	return t.run(ctx, p)
}

// hourOfCycles is more than any hour wants, honestCycles is how many of them are a habit.
const (
	hourOfCycles = 130
	honestCycles = 3
)

func bursts(honest int) func(context.Context, params) int {
	return func(ctx context.Context, p params) int {
		t, n := right(), 0
		t.work = func(ctx context.Context, s *session) error {
			if n++; n <= honest {
				return s.cycle()
			}
			for range hourOfCycles {
				if err := s.cycle(); err != nil || ctx.Err() != nil {
					return err
				}
			}
			return nil
		}
		return t.run(ctx, p)
	}
}

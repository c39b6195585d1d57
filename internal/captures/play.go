package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/recording"
	"ibsoak/internal/wire"
)

// exchange is a request, or what came without one, and both Gateways' answers.
type exchange struct {
	request wire.Kind // 0: the bootstrap
	number  int       // of the request's line
	unknown bool      // there is nothing to compare with
	follows bool      // part of the answer was before
	want    []item
	got     []item
}

// item is a message of one of the two conversations.
type item struct {
	wire.Message
	partial bool // the publisher's decoding
	number  int  // of its line; 0: the fake's
}

// player plays the client's part of a capture to a fake.
type player struct {
	capture   Capture
	world     world
	gateway   *fakegateway.Server
	exchanges []exchange
	notes     []string
	lost      bool // the connection to IBKR's servers
}

// play returns what was asked, and both answers.
func play(ctx context.Context, c Capture) (p *player, err error) {
	p = &player{capture: c, world: imply(c)}
	p.notes = p.world.notes
	gateway, err := fakegateway.Start(p.world.config)
	if err != nil {
		return nil, err
	}
	p.gateway = gateway
	defer func() { err = errors.Join(err, gateway.Close()) }()
	if err := p.prepare(ctx); err != nil {
		return nil, fmt.Errorf("prepare the account: %w", err)
	}
	for i, s := range c.Transcript.Sessions {
		if p.lost { // transcripts do not show what happens while nobody is connected
			if err := p.happen(fault.ConnectionRestored); err != nil {
				return nil, err
			}
		}
		if err := p.session(ctx, s, p.world.clientIDs[i]); err != nil {
			return nil, fmt.Errorf("session %d: %w", i+1, err)
		}
	}
	return p, nil
}

// session plays one connection.
func (p *player) session(ctx context.Context, s recording.Session, clientID int) error {
	l, err := dial(ctx, p.gateway.Addr(), s.Version, clientID)
	if err != nil {
		return err
	}
	first := slices.IndexFunc(s.Lines, client)
	if first < 0 {
		first = len(s.Lines)
	}
	bootstrap := exchange{want: items(s.Lines[:first])}
	if s.Headless {
		bootstrap.unknown = true
		p.note("the transcript begins behind the bootstrap")
	}
	err = p.answer(l, bootstrap)
	if p.world.delayed && err == nil {
		err = l.send(wire.Message{Kind: wire.ReqMarketDataType, Body: &protobuf.MarketDataTypeRequest{
			MarketDataType: proto.Int32(delayedData),
		}})
	}
	for at := first; at < len(s.Lines) && err == nil; {
		next := at + 1
		for next < len(s.Lines) && !client(s.Lines[next]) {
			next++
		}
		request := p.complete(s.Lines[at].Message, s.Lines[at:])
		if err = l.send(request); err == nil {
			err = p.answer(l, exchange{
				request: request.Kind, number: s.Lines[at].Number, want: items(s.Lines[at+1 : next]),
			})
		}
		at = next
	}
	return errors.Join(err, p.leave(ctx, l))
}

// leave ends a client's connection, and returns when the fake has seen it: the next client may
// have the same id.
func (p *player) leave(ctx context.Context, l *line) error {
	if err := l.close(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.gateway.Wait(ctx, "the end of the session", func(v *fakegateway.View) bool {
		for _, c := range v.Connections() {
			if c.Closed.IsZero() {
				return false
			}
		}
		return true
	})
}

// delayedData is reqMarketDataType's value for it.
const delayedData = 3

func items(lines []recording.Line) (all []item) {
	for _, l := range lines {
		all = append(all, item{l.Message, l.Partial, l.Number})
	}
	return all
}

// events are what happens to a Gateway without a client's doing, by the code that it is told with.
var events = map[int32]fault.Operation{
	1100: fault.ConnectionLost, 1101: fault.ConnectionDataLost, 1102: fault.ConnectionRestored,
}

func eventOf(i item) (fault.Operation, bool) {
	e, ok := i.Body.(*protobuf.ErrorMessage)
	if !ok {
		return "", false
	}
	operation, ok := events[e.GetErrorCode()]
	return operation, ok
}

// answer collects the fake's answer to what was just sent. Where the captured one has something
// that happened to the Gateway, that is made to happen here.
func (p *player) answer(l *line, e exchange) error {
	for {
		end := 0
		var event fault.Operation
		for end < len(e.want) {
			var ok bool
			if event, ok = eventOf(e.want[end]); ok && end > 0 {
				break
			}
			end++
		}
		part := e
		part.want = e.want[:end]
		times := 0
		for _, w := range part.want {
			if w.Kind == wire.CurrentTime {
				times++
			}
		}
		got, err := l.collect(times, func(got []wire.Message) bool {
			part.got = ours(got)
			return len(judge(part).findings) == 0
		})
		if err != nil {
			return err
		}
		part.got = ours(got)
		if !e.unknown {
			p.exchanges = append(p.exchanges, part)
		}
		if end == len(e.want) {
			return nil
		}
		e.want, e.follows = e.want[end:], true
		if err := p.happen(event); err != nil {
			return err
		}
	}
}

// happen does to the fake what happened to the Gateway.
func (p *player) happen(event fault.Operation) error {
	if err := p.gateway.Operate(event, ""); err != nil {
		return fmt.Errorf("let %s happen: %w", event, err)
	}
	p.lost = event == fault.ConnectionLost
	p.note(fmt.Sprintf("%s is an operation on the fake", event))
	return nil
}

func ours(messages []wire.Message) (all []item) {
	for _, m := range messages {
		all = append(all, item{Message: m})
	}
	return all
}

func (p *player) note(text string) {
	if !slices.Contains(p.notes, text) {
		p.notes = append(p.notes, text)
	}
}

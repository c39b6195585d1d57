package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

const (
	// patience bounds one answer.
	patience = 3 * time.Second
	// idle is how long nothing may come before an answer that is not the captured one counts as
	// all that there is. One that is needs no waiting.
	idle = 250 * time.Millisecond
	// inboxSize bounds what came and was not asked for yet.
	inboxSize = 1 << 14
)

// line is a client's connection to the fake: it sends what it is told and shows all that comes.
type line struct {
	conn    net.Conn
	version wire.Version
	inbox   chan wire.Message
	ended   chan error // of the reader
}

// dial connects a client up to START_API, which it sends.
func dial(ctx context.Context, addr string, version wire.Version, clientID int) (*line, error) {
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	l := &line{
		conn: conn, version: version,
		inbox: make(chan wire.Message, inboxSize), ended: make(chan error, 1),
	}
	if err := l.greet(clientID); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return l, nil
}

func (l *line) greet(clientID int) error {
	if err := l.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	preamble := wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: l.version})
	if _, err := l.conn.Write(preamble); err != nil {
		return fmt.Errorf("greet: %w", err)
	}
	in := bufio.NewReader(l.conn)
	frames := wire.NewFrameReader(in)
	payload, err := frames.Next()
	if err != nil {
		return fmt.Errorf("read version reply: %w", err)
	}
	hello, err := wire.ParseHello(payload)
	if err != nil {
		return err
	}
	if hello.Version != l.version {
		return fmt.Errorf("read version reply: version %d, want %d", hello.Version, l.version)
	}
	if err := l.conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	go l.read(frames)
	return l.send(wire.Message{Kind: wire.StartAPI, Body: &protobuf.StartApiRequest{
		ClientId: proto.Int32(int32(clientID)),
	}})
}

// read fills the inbox until the connection ends, which close waits for.
func (l *line) read(frames *wire.FrameReader) {
	for {
		payload, err := frames.Next()
		if err != nil {
			close(l.inbox)
			l.ended <- err
			return
		}
		m, err := wire.Decode(wire.FromServer, payload, l.version)
		if err != nil {
			continue // shown as missing
		}
		select {
		case l.inbox <- m:
		default: // nobody looks at so much
		}
	}
}

func (l *line) send(m wire.Message) error {
	raw, err := wire.Append(nil, m, l.version)
	if err != nil {
		return err
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := l.conn.Write(raw); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	return nil
}

// collect reads an answer: everything that comes before the answer to a request for the time
// that is sent now, and then what comes until enough says that it is all, or nothing comes.
// times is how many answers of that kind are the answer's own.
func (l *line) collect(times int, enough func([]wire.Message) bool) ([]wire.Message, error) {
	fence := wire.Message{Kind: wire.ReqCurrentTime, Body: &protobuf.CurrentTimeRequest{}}
	if err := l.send(fence); err != nil {
		return nil, err
	}
	var got []wire.Message
	fenced := false
	limit := time.NewTimer(patience)
	defer limit.Stop()
	quiet := time.NewTimer(patience)
	defer quiet.Stop()
	for {
		if fenced && enough(got) {
			return got, nil
		}
		select {
		case m, ok := <-l.inbox:
			if !ok {
				return got, nil
			}
			if m.Kind == wire.CurrentTime {
				if times--; times < 0 {
					fenced = true
					quiet.Reset(idle)
					continue
				}
			}
			got = append(got, m)
			if fenced {
				quiet.Reset(idle)
			}
		case <-quiet.C:
			if !fenced {
				return got, errors.New("no answer to a request for the time")
			}
			return got, nil
		case <-limit.C:
			return got, nil
		}
	}
}

// close ends the connection and waits for the reader.
func (l *line) close() error {
	err := l.conn.Close()
	<-l.ended
	return err
}

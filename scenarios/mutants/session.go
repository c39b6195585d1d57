package mutants

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// The deadlines and waits of a session that does everything right.
const (
	dialWithin    = 2 * time.Second
	phaseWithin   = 2 * time.Second
	answerWithin  = 3 * time.Second
	goodbyeWithin = 500 * time.Millisecond
	firstBackOff  = 500 * time.Millisecond
	longestWait   = 8 * time.Second
)

// historicalDataEndFrom is the first server version whose historical data ends with a message of
// its own (IBKR's clients, MIN_SERVER_VER_HISTORICAL_DATA_END).
const historicalDataEndFrom wire.Version = 196

// session is one connection on which the handshake is complete.
type session struct {
	conn    *net.TCPConn
	in      *bufio.Reader
	frames  *wire.FrameReader
	version wire.Version
	nextID  int32
	nextReq int32
	outage  bool // 1100 was heard, and neither 1101 nor 1102 since
}

func newSession(conn *net.TCPConn) *session {
	in := bufio.NewReader(conn)
	return &session{conn: conn, in: in, frames: wire.NewFrameReader(in)}
}

// phaseError says in which phase of its life a session failed, by the exit code for it.
type phaseError struct {
	code int
	err  error
}

func (e *phaseError) Error() string { return e.err.Error() }
func (e *phaseError) Unwrap() error { return e.err }

// exitCode is the code that names err.
func exitCode(err error) int {
	var phase *phaseError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, syscall.ECONNREFUSED):
		return exitRefused
	case errors.As(err, &phase):
		return phase.code
	default:
		return exitLost
	}
}

// dial opens a connection that resets when it is closed, however that happens.
func dial(ctx context.Context, p params) (*net.TCPConn, error) {
	conn, err := dialPlain(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := conn.SetLinger(0); err != nil {
		conn.Close()
		return nil, fmt.Errorf("arm reset: %w", err)
	}
	return conn, nil
}

// dialPlain opens a connection as most programs do.
func dialPlain(ctx context.Context, p params) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: dialWithin}
	conn, err := dialer.DialContext(ctx, "tcp", p.addr())
	if err != nil {
		return nil, &phaseError{exitTimeout, err}
	}
	return conn.(*net.TCPConn), nil
}

// connect dials and completes the handshake. The socket of a failed handshake is closed.
func connect(ctx context.Context, p params) (*session, error) {
	conn, err := dial(ctx, p)
	if err != nil {
		return nil, err
	}
	s, err := shake(ctx, conn, p.clientID)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

// shake performs the handshake on conn, which it leaves open whatever happens.
func shake(ctx context.Context, conn *net.TCPConn, clientID int) (*session, error) {
	return shakeAnd(ctx, conn, clientID, func(*session) error { return nil })
}

// shakeAnd does one thing more between START_API and the Gateway's answer to it.
func shakeAnd(
	ctx context.Context, conn *net.TCPConn, clientID int, early func(*session) error,
) (*session, error) {
	s := newSession(conn)
	stop := whenDone(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(phaseWithin)); err != nil {
		return nil, err
	}
	greeting := wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: 225})
	if _, err := conn.Write(greeting); err != nil {
		return nil, handshakeError(exitNoReply, err)
	}
	payload, err := s.frames.Next()
	if err != nil {
		return nil, handshakeError(exitNoReply, err)
	}
	hello, err := wire.ParseHello(payload)
	if err != nil {
		return nil, &phaseError{exitNoReply, err}
	}
	s.version = hello.Version
	start := &protobuf.StartApiRequest{ClientId: new(int32(clientID))}
	if err := s.send(wire.StartAPI, start); err != nil {
		return nil, handshakeError(exitNoAccount, err)
	}
	if err := early(s); err != nil {
		return nil, err
	}
	if _, err := s.await(wire.ManagedAccounts); err != nil {
		return nil, handshakeError(exitNoAccount, err)
	}
	body, err := s.await(wire.NextValidID)
	if err != nil {
		return nil, handshakeError(exitNoID, err)
	}
	s.nextID = body.(*protobuf.NextValidId).GetOrderId()
	return s, nil
}

// handshakeError names the end of a handshake: closed, reset, or else what was being awaited.
func handshakeError(awaited int, err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &phaseError{exitClosed, err}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &phaseError{exitReset, err}
	default:
		return &phaseError{awaited, err}
	}
}

func (s *session) send(kind wire.Kind, body proto.Message) error {
	frame, err := wire.Append(nil, wire.Message{Kind: kind, Body: body}, s.version)
	if err != nil {
		return err
	}
	_, err = s.conn.Write(frame)
	return err
}

// await reads messages until one of kind, and gives its body.
func (s *session) await(kind wire.Kind) (proto.Message, error) {
	_, body, err := s.awaitAny(kind)
	return body, err
}

// awaitAny reads messages until one of the kinds, the first of which is what is awaited.
func (s *session) awaitAny(kinds ...wire.Kind) (wire.Kind, proto.Message, error) {
	for {
		payload, err := s.frames.Next()
		if err != nil {
			return 0, nil, fmt.Errorf("await %s: %w", kinds[0], err)
		}
		kind, _, _, err := wire.Identify(wire.FromServer, payload, s.version)
		if err != nil {
			return 0, nil, err
		}
		if kind != wire.ErrorMessage && !slices.Contains(kinds, kind) {
			continue
		}
		m, err := wire.Decode(wire.FromServer, payload, s.version)
		if err != nil {
			return 0, nil, err
		}
		s.heed(m.Body)
		if slices.Contains(kinds, kind) {
			return kind, m.Body, nil
		}
	}
}

// heed takes note of the connection between the Gateway and IBKR's servers.
func (s *session) heed(body proto.Message) {
	notice, ok := body.(*protobuf.ErrorMessage)
	if !ok {
		return
	}
	switch notice.GetErrorCode() {
	case 1100:
		s.outage = true
	case 1101, 1102:
		s.outage = false
	}
}

// cycle asks for a day of bars and reads the answer: the least that a trader does in a cycle.
func (s *session) cycle() error {
	if err := s.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return err
	}
	return s.bars()
}

// bars asks and reads under whatever deadline there is.
func (s *session) bars() error {
	if err := s.askBars(stock("AAPL"), false); err != nil {
		return err
	}
	_, err := s.await(s.lastOfBars())
	return err
}

// askBars asks for a day of bars, and for what comes after them when keepUpToDate is set.
func (s *session) askBars(contract *protobuf.Contract, keepUpToDate bool) error {
	s.nextReq++
	err := s.send(wire.ReqHistoricalData, &protobuf.HistoricalDataRequest{
		ReqId: new(s.nextReq), Contract: contract, Duration: new("1 D"),
		BarSizeSetting: new("1 min"), WhatToShow: new("TRADES"), UseRTH: new(true),
		FormatDate: new(int32(1)), KeepUpToDate: new(keepUpToDate),
	})
	if err != nil {
		return fmt.Errorf("request bars: %w", err)
	}
	return nil
}

// lastOfBars is the message that ends the answer to a request for bars.
func (s *session) lastOfBars() wire.Kind {
	if s.version < historicalDataEndFrom {
		return wire.HistoricalData
	}
	return wire.HistoricalDataEnd
}

func stock(symbol string) *protobuf.Contract {
	return &protobuf.Contract{
		Symbol: &symbol, SecType: new("STK"), Exchange: new("SMART"), Currency: new("USD"),
	}
}

// leave says FIN, waits for the Gateway's for a moment, and closes, which resets the connection
// if the Gateway has not closed its end by then.
func (s *session) leave() {
	defer s.conn.Close()
	if s.conn.CloseWrite() != nil || s.conn.SetReadDeadline(time.Now().Add(goodbyeWithin)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, s.conn) // until FIN, reset or the deadline: all are the end
}

// whenDone calls f once ctx is done. After stop it is not called, and not running any more: its
// deadline is never that of what comes next.
func whenDone(ctx context.Context, f func()) (stop func()) {
	ran := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() { defer close(ran); f() })
	return func() {
		if !cancel() {
			<-ran
		}
	}
}

// idle reads and drops what the Gateway says until d is over or ctx is done. It fails when the
// Gateway ends the connection.
func (s *session) idle(ctx context.Context, d time.Duration) error {
	until := time.Now().Add(d)
	stop := whenDone(ctx, func() { _ = s.conn.SetReadDeadline(time.Now()) })
	defer stop()
	for ctx.Err() == nil {
		if err := s.conn.SetReadDeadline(until); err != nil {
			return err
		}
		// Peek takes nothing from the stream when the deadline passes, so frames stay whole.
		if _, err := s.in.Peek(1); errors.Is(err, os.ErrDeadlineExceeded) {
			break
		} else if err != nil {
			return fmt.Errorf("idle: %w", err)
		}
		if err := s.conn.SetReadDeadline(time.Now().Add(answerWithin)); err != nil {
			return err
		}
		payload, err := s.frames.Next()
		if err != nil {
			return fmt.Errorf("idle: %w", err)
		}
		if m, err := wire.Decode(wire.FromServer, payload, s.version); err == nil {
			s.heed(m.Body)
		}
	}
	return nil
}

// pause waits for d or for ctx, and reports whether to go on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// backOff waits before attempt n+1, each time twice as long.
func backOff(ctx context.Context, n int) bool {
	d := float64(firstBackOff) * math.Pow(2, float64(n))
	return pause(ctx, time.Duration(min(d, float64(longestWait))))
}

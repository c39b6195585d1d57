package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// subjectWord is the first argument by which the test binary is a subject in place of the tests.
const subjectWord = "subject"

// gateways are Gateways with a defect.
var gateways = map[string]func() (status int){}

// TestMain lets the test binary be its own subjects, each a few lines with one habit, and the
// Gateway of its runs.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == GatewayWord {
		os.Exit(GatewayMain(os.Stdin, os.Stdout, os.Stderr))
	}
	if len(os.Args) < 3 || os.Args[1] != subjectWord {
		os.Exit(m.Run())
	}
	if serve, gateway := gateways[os.Args[2]]; gateway {
		os.Exit(serve())
	}
	act, known := subjects[os.Args[2]]
	if !known {
		fmt.Fprintln(os.Stderr, "no such subject:", os.Args[2])
		os.Exit(64)
	}
	if err := act(os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// subjects are the habits by name; the address comes from the environment.
var subjects = map[string]func(args []string) error{
	"work":    work,    // one cycle, or cycles until SIGTERM; closes as TCP means it
	"stay":    stayOn,  // works, then keeps its socket for --dwell D after the Gateway's FIN
	"wakes":   wakes,   // takes wakeTime to start, then works
	"probe":   probe,   // connects, says nothing, closes
	"hang":    hang,    // never connects
	"deaf":    deaf,    // works and ignores SIGTERM
	"orphan":  orphan,  // works and leaves a child behind
	"twice":   twice,   // two connections at once
	"refuses": refuses, // exits 20 without connecting
	"harness": inner,   // is a harness: runs a scenario in DIR until it is killed
	"parent":  parent,  // is a harness: starts a subject that hangs, says its pid, and waits
}

func dial() (net.Conn, error) {
	return net.Dial("tcp", net.JoinHostPort(os.Getenv("IB_HOST"), os.Getenv("IB_PORT")))
}

// client is the least of a TWS API client that completes a handshake and asks for history.
type client struct {
	net.Conn
	frames  *wire.FrameReader
	version wire.Version
}

func connect() (*client, error) {
	conn, err := dial()
	if err != nil {
		return nil, err
	}
	c := &client{Conn: conn, frames: wire.NewFrameReader(bufio.NewReader(conn))}
	hello, err := c.hello()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("hello: %w", err), conn.Close())
	}
	c.version = hello.Version
	id, err := strconv.Atoi(os.Getenv("IB_CLIENT_ID"))
	if err != nil {
		return nil, err
	}
	err = c.send(wire.StartAPI, &protobuf.StartApiRequest{ClientId: proto.Int32(int32(id))})
	if err == nil {
		err = c.await(wire.NextValidID)
	}
	return c, err
}

func (c *client) hello() (wire.Hello, error) {
	if _, err := c.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 157, Max: 225})); err != nil {
		return wire.Hello{}, err
	}
	payload, err := c.frames.Next()
	if err != nil {
		return wire.Hello{}, err
	}
	return wire.ParseHello(payload)
}

func (c *client) send(kind wire.Kind, body proto.Message) error {
	frame, err := wire.Append(nil, wire.Message{Kind: kind, Body: body}, c.version)
	if err != nil {
		return err
	}
	_, err = c.Write(frame)
	return err
}

// await reads up to the first message of that kind.
func (c *client) await(kind wire.Kind) error {
	for {
		payload, err := c.frames.Next()
		if err != nil {
			return fmt.Errorf("await %s: %w", kind, err)
		}
		if m, err := wire.Decode(wire.FromServer, payload, c.version); err == nil && m.Kind == kind {
			return nil
		}
	}
}

// cycle asks for history and waits for the answer.
func (c *client) cycle(n int) error {
	err := c.send(wire.ReqHistoricalData, &protobuf.HistoricalDataRequest{
		ReqId: proto.Int32(int32(n)),
		Contract: &protobuf.Contract{
			Symbol: proto.String("AAPL"), SecType: proto.String("STK"),
			Exchange: proto.String("SMART"), Currency: proto.String("USD"),
		},
		Duration: proto.String("1800 S"), BarSizeSetting: proto.String("1 min"),
		WhatToShow: proto.String("TRADES"), UseRTH: proto.Bool(true), FormatDate: proto.Int32(1),
	})
	if err != nil {
		return err
	}
	// With input unread a close would send RST in place of FIN.
	return c.await(wire.HistoricalDataEnd)
}

// work does one cycle, or with --interval D cycles until SIGTERM.
// wakeTime is longer than the whole time of TestRunForATime.
const wakeTime = 600 * time.Millisecond

func wakes(args []string) error {
	<-time.After(wakeTime)
	return work(args)
}

func work(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM) //nolint:forbidigo // a process's own context
	defer stop()
	return session(ctx, args)
}

func session(ctx context.Context, args []string) error {
	c, err := connect()
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	interval := time.Duration(0)
	if at := len(args) - 1; at > 0 && args[at-1] == "--interval" {
		if interval, err = time.ParseDuration(args[at]); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		if err := c.cycle(n); err != nil {
			if ctx.Err() != nil {
				return nil // asked to stop in the middle of it
			}
			return err
		}
		if interval == 0 {
			return nil
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return nil
		}
	}
}

func stayOn(args []string) error {
	dwell, err := time.ParseDuration(args[len(args)-1])
	if err != nil {
		return err
	}
	c, err := connect()
	if err != nil {
		return err
	}
	_ = c.cycle(1) // the Gateway may end the session here
	_, _ = io.Copy(io.Discard, c)
	<-time.After(dwell)
	return c.Close()
}

func probe([]string) error {
	c, err := dial()
	if err != nil {
		return err
	}
	return c.Close()
}

func hang([]string) error {
	select {
	case <-time.After(time.Minute):
		return nil
	case <-signalled():
		os.Exit(143)
		return nil
	}
}

func signalled() <-chan os.Signal {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGTERM)
	return ch
}

func deaf(args []string) error {
	signal.Ignore(syscall.SIGTERM)
	return session(context.Background(), args) //nolint:forbidigo // a process's own context
}

func orphan([]string) error {
	if err := work(nil); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return exec.Command(self, subjectWord, "hang").Start()
}

func twice([]string) error {
	first, err := connect()
	if err != nil {
		return err
	}
	defer first.Close()
	second, err := dial()
	if err != nil {
		return err
	}
	defer second.Close()
	if _, err := second.Write(wire.AppendPreamble(nil, wire.Preamble{Min: 157, Max: 225})); err != nil {
		return err
	}
	<-time.After(3 * time.Second) // longer than any machine takes to note an end
	return first.cycle(1)
}

func parent([]string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child, err := launch{
		command: []string{self, subjectWord, "hang"}, stdout: os.DevNull, stderr: os.DevNull,
	}.start()
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, child.pid)
	<-child.exited
	return nil
}

// inner runs a continuous subject with the habit that its first argument names, in the directory
// that its second one names.
func inner(args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s := Scenario{
		Name: "test", Summary: "A test.",
		Subject: Subject{Mode: Continuous, Interval: 20 * time.Millisecond, For: time.Hour},
		Checks: append(checks("oracles-agree", "no-zombies-at-gateway", "one-connection-per-client", gatewayUnharmedName),
			Check{Name: "cycles", Want: 1000}),
	}
	_, err = Run(context.Background(), s, Options{ //nolint:forbidigo // a process's own context
		Command: []string{self, subjectWord, args[0], "{args}"}, OutDir: args[1],
	})
	return err
}

func refuses([]string) error {
	os.Exit(20)
	return nil
}

// subject is the command template of a habit.
func subject(t *testing.T, habit string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, subjectWord, habit, "{args}"}
}

// stderrOf is what the lives of a record said, for failure messages.
func stderrOf(r *Record) string {
	var b strings.Builder
	for _, l := range r.Lives {
		fmt.Fprintf(&b, "life %d, %s: %v\n", l.Number, l.ended(), l.Stderr)
	}
	return b.String()
}

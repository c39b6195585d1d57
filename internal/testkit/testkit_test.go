package testkit

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// failing is a T whose failures a test looks at.
type failing struct {
	*testing.T
	said []string
}

func (f *failing) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func (f *failing) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(f)
}

// failure is what a helper says when it fails; "" when it does not.
func failure(t *testing.T, helper func(T)) string {
	f := &failing{T: t}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		helper(f)
	}()
	return strings.Join(f.said, "; ")
}

// gateway gives a client whose Gateway has done something to its end.
func gateway(t *testing.T, do func(*net.TCPConn) error) func(T) *Client {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	return func(f T) *Client {
		c := Dial(f, ln.Addr().String(), 225)
		end, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = end.Close() })
		if err := do(end.(*net.TCPConn)); err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// Every helper that wants something fails when it does not get it, and only then.
func TestHelpersCanFail(t *testing.T) {
	nothing := func(*net.TCPConn) error { return nil }
	fin := func(c *net.TCPConn) error { return c.Close() }
	rst := func(c *net.TCPConn) error { _ = c.SetLinger(0); return c.Close() }
	message := func(c *net.TCPConn) error {
		frame, err := wire.Append(nil, wire.Message{
			Kind: wire.CurrentTime, Body: &protobuf.CurrentTime{CurrentTime: proto.Int64(1)},
		}, 225)
		if err == nil {
			_, err = c.Write(frame)
		}
		if err == nil {
			err = c.CloseWrite()
		}
		return err
	}
	order := []wire.Message{{Kind: wire.OpenOrder, Body: &protobuf.OpenOrder{
		OrderState: &protobuf.OrderState{Status: proto.String("Filled")},
	}}}
	update := func(operation int32) func(T) {
		return func(f T) {
			new(DepthBook).Apply(f, []wire.Message{{Kind: wire.UpdateMktDepth, Body: &protobuf.MarketDepth{
				MarketDepthData: &protobuf.MarketDepthData{Operation: proto.Int32(operation)},
			}}})
		}
	}
	for name, c := range map[string]struct {
		helper func(T)
		want   string
	}{
		"FIN":               {func(f T) { gateway(t, fin)(f).WantFIN(0) }, ""},
		"RST for FIN":       {func(f T) { gateway(t, rst)(f).WantFIN(-1) }, "then FIN"},
		"bytes before FIN":  {func(f T) { gateway(t, message)(f).WantFIN(0) }, "then FIN"},
		"RST":               {func(f T) { gateway(t, rst)(f).WantRST() }, ""},
		"FIN for RST":       {func(f T) { gateway(t, fin)(f).WantRST() }, "want a reset"},
		"silence":           {func(f T) { gateway(t, nothing)(f).WantSilence() }, ""},
		"an end":            {func(f T) { gateway(t, fin)(f).WantSilence() }, "want silence"},
		"a message":         {func(f T) { gateway(t, message)(f).Expect(wire.CurrentTime) }, ""},
		"another message":   {func(f T) { gateway(t, message)(f).Expect(wire.PositionEnd) }, "want positionEnd"},
		"none of that kind": {func(f T) { gateway(t, message)(f).Until(wire.PositionEnd) }, "read frame: EOF"},
		"no version reply":  {func(f T) { gateway(t, fin)(f).Hello() }, "read frame"},
		"a flow":            {func(f T) { WantFlow(f, order, "openOrder:Filled") }, ""},
		"another flow":      {func(f T) { WantFlow(f, order, "openOrder:Submitted") }, "want openOrder:Submitted"},
		"no such body":      {func(f T) { Body[*protobuf.Position](f, order, wire.Position) }, "no position in"},
		"a row":             {update(insertRow), ""},
		"an absent row":     {update(updateRow), "row 0 of 0"},
	} {
		t.Run(name, func(t *testing.T) {
			said := failure(t, c.helper)
			if (said == "") != (c.want == "") || !strings.Contains(said, c.want) {
				t.Errorf("said %q, want %q", said, c.want)
			}
		})
	}
}

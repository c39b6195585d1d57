package harness

import (
	"net"
	"strings"
	"testing"
	"time"

	"ibsoak/internal/sockets"
)

// pair is a connection whose Gateway's end has said FIN: the trader's is in CLOSE_WAIT.
func pair(t *testing.T) (k *kernel, trader *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	conn, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	end, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = end.Close() })
	if k, err = openKernel(ln.Addr().(*net.TCPAddr).AddrPort(), nil, running(), func(Sighting) {}); err != nil || !k.table.Exact() {
		t.Skipf("no exact look-up here: %v", err)
	}
	t.Cleanup(func() { _ = k.table.Close() })
	if err := end.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	trader = conn.(*net.TCPConn)
	if _, err := trader.Read(make([]byte, 1)); err == nil {
		t.Fatal("no end of file")
	}
	return k, trader
}

// reported is what the sampler would give a run that ended now.
func (k *kernel) reported() *Record {
	k.finish()
	r := &Record{}
	k.report(r)
	return r
}

func TestTheSamplerLooksUpWhatItIsToldOf(t *testing.T) {
	t.Parallel()
	k, trader := pair(t)
	k.lookUp()
	if len(k.open) != 0 {
		t.Fatalf("%v seen before it was told", k.open)
	}
	k.follow(trader.LocalAddr().(*net.TCPAddr).AddrPort())
	k.lookUp()
	k.lookUp()
	if err := trader.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "the socket left CLOSE_WAIT", func() bool {
		k.lookUp()
		return len(k.open) == 0
	})
	r := k.reported()
	if len(r.Sightings) != 1 || r.Sightings[0].Side != TraderSide || r.Sightings[0].After == 0 ||
		r.Sightings[0].Before == 0 || r.Sightings[0].Last <= r.Sightings[0].First {
		t.Errorf("sightings %+v; want the trader's end, from before it to after it", r.Sightings)
	}
	until(t, "the connection is forgotten", func() bool {
		k.lookUp()
		return len(k.followed) == 0 && len(k.before) == 0
	})
}

// until asks again and again, for ten seconds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited 10 s and not: %s", what)
		}
	}
}

func TestTheSamplerFindsWhatNobodyToldOf(t *testing.T) {
	t.Parallel()
	k, trader := pair(t)
	k.dump()
	k.lookUp()
	if !k.followed[trader.LocalAddr().(*net.TCPAddr).AddrPort()] || len(k.open) != 1 {
		t.Errorf("followed %v, open %v; want the connection in both", k.followed, k.open)
	}
	if r := k.reported(); len(r.Tables) != 1 || r.Tables[0].Trader["CLOSE_WAIT"] != 1 {
		t.Errorf("tables %+v; want one socket in CLOSE_WAIT at the trader's", r.Tables)
	}
}

// A table that fails in the middle of a run, and a list that is full, must be said: what was not
// seen is not what was not there.
func TestTheSamplerSaysWhatItMissed(t *testing.T) {
	t.Parallel()
	k, trader := pair(t)
	k.follow(trader.LocalAddr().(*net.TCPAddr).AddrPort())
	k.sightings = make([]Sighting, maxSightings)
	k.lookUp()
	if err := k.table.Close(); err != nil {
		t.Fatal(err)
	}
	k.lookUp()
	k.dump()
	r := k.reported()
	if !strings.Contains(r.Header.Kernel, sockets.ErrUnknown.Error()) || r.Footer.Looks != 1 {
		t.Errorf("kernel %q after %d looks; want the failure after one", r.Header.Kernel, r.Footer.Looks)
	}
	if len(r.Footer.Errors) != 1 || !strings.Contains(r.Footer.Errors[0], "ran out of room") {
		t.Errorf("errors %v; want one about room", r.Footer.Errors)
	}
}

// The time between two looks is the floor of what the table can have missed.
func TestTheSamplerMeasuresItsGaps(t *testing.T) {
	t.Parallel()
	k, _ := pair(t)
	now := Moment(time.Second)
	k.clock = func() Moment { return now }
	for _, pause := range []time.Duration{0, 20 * time.Millisecond, 700 * time.Millisecond, 20 * time.Millisecond} {
		now += Moment(pause)
		k.lookUp()
	}
	if r := k.reported(); time.Duration(r.Footer.LongestGap) != 700*time.Millisecond || r.Footer.Looks != 4 {
		t.Errorf("longest gap %s in %d looks; want 700ms in 4", r.Footer.LongestGap, r.Footer.Looks)
	}
}

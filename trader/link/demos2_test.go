package link_test

import (
	"sync/atomic"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/internal/wire"
)

// afterReady is a Gateway that does something once the client has made its first request.
func afterReady(do func(*peer)) func(*peer) {
	return func(p *peer) {
		p.ready(200)
		p.expect(wire.ReqCurrentTime)
		do(p)
		never()
	}
}

// asked is a stock client that has made one request.
func (d *demo) asked(do func(*peer)) (*ibapi.EClient, *stockWrapper) {
	w := &stockWrapper{}
	c := d.connectAndAwait(d.gateway(afterReady(do)), w)
	c.ReqCurrentTime()
	return c, w
}

// settled waits until a stock client has gone down, or stands still.
func settled(w *stockWrapper) bool {
	deadline, tick := time.After(standsStill), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for w.closed.Load() == 0 {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
	return true
}

func demoL12(d *demo) {
	const tries = 10
	delivered, whole := int64(0), 0
	for range tries {
		w := &stockWrapper{onTime: func() { <-time.After(time.Millisecond) }}
		c := d.connectAndAwait(d.gateway(func(p *peer) {
			p.ready(225)
			p.expect(wire.ReqCurrentTime)
			flood(p, 250)
			_ = p.conn.Close()
		}), w)
		c.ReqCurrentTime()
		settled(w)
		delivered += w.times.Load()
		if w.times.Load() == 250 {
			whole++
		}
		alive(c)
	}
	d.say("tries", tries)
	d.say("delivered of 2500", delivered)
	d.say("complete", whole)
}

func demoL13(d *demo) {
	c, w := d.asked(func(p *peer) {
		_, _ = p.conn.Write([]byte("\x00\x00\x00\x07" + "9\x001\x00x1\x00")) // nextValidId "x1"
	})
	d.say("closed", settled(w))
	d.say("error callbacks", w.errors.Load()-1) // the farm notice of the bootstrap
	alive(c)
}

func demoL14(d *demo) {
	c, w := d.asked(func(p *peer) {
		_, _ = p.conn.Write([]byte("\xff\xff\xff\xff"))
		flood(p, 3)
	})
	d.say("closed", settled(w))
	d.say("connected", c.IsConnected())
	d.say("delivered after it", w.times.Load())
	alive(c)
}

func demoL15(d *demo) {
	c, w := d.asked(func(p *peer) {
		_, _ = p.conn.Write([]byte("\x00\x00\x00\x10" + "49\x001\x00"))
		_ = p.conn.Close()
	})
	d.say("closed", settled(w))
	d.say("error callbacks", w.errors.Load()-1)
	alive(c)
}

func demoL16(d *demo) {
	g, c, w := stuckSession(d)
	_ = g.ln.Close()
	c.ReqCurrentTime()
	deadline, tick := time.After(10*time.Second), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for c.IsConnected() {
		select {
		case <-tick.C:
		case <-deadline:
			d.say("connected", true)
			return
		}
	}
	d.say("connected", false)
	d.say("disconnect", c.Disconnect())
	<-time.After(standsStill)
	d.say("ConnectionClosed callbacks", w.closed.Load())
	alive(c)
}

func demoL17(d *demo) {
	const tries = 2000
	deadline := time.Now().Add(6 * time.Second)
	refused, n := 0, 0
	for ; n < tries && refused == 0 && time.Now().Before(deadline); n++ {
		g := d.gateway(func(p *peer) {
			// All in one segment, and early: real Gateways wait for START_API.
			hello, bootstrap := handshakeBytes(225)
			_, _ = wire.ReadPreamble(p.conn)
			_, _ = p.conn.Write(append(hello, bootstrap...))
			p.version = 225
			p.serve()
		})
		w, done := &stockWrapper{}, make(chan struct{})
		var once atomic.Bool
		c := ibapi.NewEClient(w)
		w.onID = func() {
			if once.CompareAndSwap(false, true) {
				c.ReqCurrentTime()
				close(done)
			}
		}
		d.must(c.Connect("127.0.0.1", g.port(), 1))
		<-done
		if w.lastCode.Load() == ibapi.NOT_CONNECTED.Code {
			refused++
		}
		_ = g.ln.Close()
		_ = c.Disconnect()
	}
	d.say("tries", n)
	d.say("refused", refused)
}

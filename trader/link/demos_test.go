package link_test

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/scmhub/ibapi"

	"ibsoak/internal/sockets"
	"ibsoak/internal/wire"
)

// demos are the demonstrations, by the number of the defect that they show.
var demos = map[string]func(*demo){
	"L01": demoL01, "L02": demoL02, "L03": demoL03, "L04": demoL04, "L05": demoL05, "L06": demoL06,
	"L07": demoL07, "L08": demoL08, "L10": demoL10, "L11": demoL11, "L12": demoL12, "L13": demoL13,
	"L14": demoL14, "L15": demoL15, "L16": demoL16, "L17": demoL17,
}

// closesAtOnce is a Gateway that reads the greeting and closes.
func closesAtOnce(p *peer) {
	_, _ = wire.ReadPreamble(p.conn)
	_ = p.conn.Close()
}

func demoL01(d *demo) {
	g := d.gateway(func(p *peer) { _, _ = wire.ReadPreamble(p.conn); never() })
	c := ibapi.NewEClient(&stockWrapper{})
	back := make(chan struct{})
	go func() { _ = c.Connect("127.0.0.1", g.port(), 1); close(back) }()
	d.say("accepted", g.await(1))
	d.say("disconnect", c.Disconnect())
	select {
	case <-back:
		d.say("connect returned", true)
	case <-time.After(standsStill):
		d.say("connect returned", false)
	}
	alive(c)
}

func demoL02(d *demo) {
	g, w := d.gateway(closesAtOnce), &stockWrapper{}
	c := ibapi.NewEClient(w)
	d.say("connect", c.Connect("127.0.0.1", g.port(), 1))
	d.say("connected", c.IsConnected())
	d.say("error callbacks", w.errors.Load())
}

func demoL03(d *demo) {
	const tries = 5
	g := d.gateway(closesAtOnce)
	var clients []*ibapi.EClient
	for range tries {
		c := ibapi.NewEClient(&stockWrapper{})
		_ = c.Connect("127.0.0.1", g.port(), 1)
		_ = c.Disconnect()
		clients = append(clients, c)
	}
	d.say("CLOSE_WAIT", d.clientSockets(g, sockets.StateCloseWait))
	alive(clients...)
}

func demoL04(d *demo) {
	g := d.gateway(closesAtOnce, healthy(225))
	c := ibapi.NewEClient(&stockWrapper{})
	_ = c.Connect("127.0.0.1", g.port(), 1)
	d.say("second connect", c.Connect("127.0.0.1", g.port(), 1))
	d.say("connected", c.IsConnected())
	d.say("leaked", d.clientSockets(g, sockets.StateEstablished))
	alive(c)
}

func demoL05(d *demo) {
	for name, reply := range map[string]string{
		"no field": "\x00\x00\x00\x00", "one field": "\x00\x00\x00\x04200\x00",
	} {
		g := d.gateway(func(p *peer) {
			_, _ = wire.ReadPreamble(p.conn)
			_, _ = p.conn.Write([]byte(reply))
			never()
		})
		func() {
			defer func() {
				d.say(name, strings.HasPrefix(fmt.Sprint(recover()), "runtime error: index out of range"))
			}()
			_ = ibapi.NewEClient(&stockWrapper{}).Connect("127.0.0.1", g.port(), 1)
		}()
	}
}

func demoL06(d *demo) {
	g := d.gateway(func(p *peer) {
		_, _ = wire.ReadPreamble(p.conn)
		_, _ = p.conn.Write([]byte("\x00\x00\x00\x07" + "9999\x00T\x00"))
		never()
	})
	c := ibapi.NewEClient(&stockWrapper{})
	d.say("connect", c.Connect("127.0.0.1", g.port(), 1))
	d.say("connected", c.IsConnected())
	d.say("version", c.ServerVersion())
}

// backlog fills the client's queue of 300 messages and its scanner, so that its reader stands
// still and does not notice the end of the connection.
const backlog = 2000

func flood(p *peer, n int) {
	for i := range n {
		if !p.send(currentTime(int64(i))) {
			return
		}
	}
}

// stuckSession is a stock client whose callback blocks, with a full backlog, on a connection that
// the Gateway then resets.
func stuckSession(d *demo, later ...func(*peer)) (*childGateway, *ibapi.EClient, *stockWrapper) {
	blocked, once := make(chan struct{}), sync.Once{}
	reset := make(chan struct{})
	w := &stockWrapper{onTime: func() { once.Do(func() { close(blocked) }); never() }}
	g := d.gateway(append([]func(*peer){func(p *peer) {
		p.ready(225)
		flood(p, backlog)
		<-blocked
		<-time.After(standsStill / 4) // until the client's reader stands still
		p.reset()
		close(reset)
		never()
	}}, later...)...)
	c := d.connectAndAwait(g, w)
	<-reset
	return g, c, w
}

func demoL07(d *demo) {
	g, c, w := stuckSession(d, func(*peer) { never() })
	c.ReqCurrentTime()
	d.say("second connection", g.await(2))
	d.say("first bytes", g.firstBytes(1))
	d.say("connected", c.IsConnected())
	d.say("errors after ready", w.errors.Load())
	alive(c)
}

func demoL08(d *demo) {
	g := d.gateway(func(p *peer) { p.ready(225); never() }, func(*peer) { never() })
	w := &stockWrapper{}
	c := d.connectAndAwait(g, w)
	huge := ibapi.NewContract()
	huge.Symbol = strings.Repeat("X", 60_000)
	const callers = 3 // the requester takes at most one more message after Disconnect
	back := make(chan struct{}, callers)
	for range callers {
		go func() {
			for range 1000 {
				c.ReqContractDetails(1, huge)
			}
			back <- struct{}{}
		}()
	}
	<-time.After(standsStill)
	d.say("callers blocked", callers-len(back))
	d.say("disconnect returned", returns(func() { _ = c.Disconnect() }))
	d.say("second connection", g.await(2))
	d.say("handshake", g.firstBytes(1) == "41 50 49 00")
	<-time.After(standsStill)
	d.say("some blocked after it", len(back) < callers)
	alive(c)
}

func demoL10(d *demo) {
	const tries = 24
	var wg sync.WaitGroup
	stuck := make(chan bool, tries)
	for range tries {
		wg.Go(func() {
			busy, once, release := make(chan struct{}), sync.Once{}, make(chan struct{})
			w := &stockWrapper{onTime: func() {
				once.Do(func() { close(busy) })
				<-release
			}}
			g := d.gateway(func(p *peer) { p.ready(225); flood(p, backlog); never() })
			c := d.connectAndAwait(g, w)
			<-busy
			<-time.After(standsStill / 2) // until the queue of 300 is full
			time.AfterFunc(standsStill/4, func() { close(release) })
			stuck <- !returns(func() { _ = c.Disconnect() })
			alive(c)
		})
	}
	wg.Wait()
	n := 0
	for range tries {
		if <-stuck {
			n++
		}
	}
	d.say("tries", tries)
	d.say("deadlocks", n)
}

func demoL11(d *demo) {
	g := d.gateway(func(p *peer) { p.ready(225); never() })
	back := make(chan struct{})
	var c *ibapi.EClient
	connected := make(chan struct{})
	w := &stockWrapper{onID: func() {
		<-connected
		_ = c.Disconnect()
		close(back)
	}}
	c = ibapi.NewEClient(w)
	d.must(c.Connect("127.0.0.1", g.port(), 1))
	close(connected)
	select {
	case <-back:
		d.say("returned", true)
	case <-time.After(standsStill):
		d.say("returned", false)
	}
	alive(c)
}

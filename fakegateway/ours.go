package fakegateway

import (
	"context"
	"net"
	"sync"
)

// dialPurpose says why this package itself has connected to its own port.
type dialPurpose uint8

const (
	dialNone dialPurpose = iota
	dialFiller
	dialZombie
)

// ourDials remembers which connections are our own until they are accepted.
type ourDials struct {
	mu  sync.Mutex // held while dialling, so that none is accepted before it is known
	own map[string]dialPurpose
}

// dial connects to a TCP port of ours.
func (o *ourDials) dial(ctx context.Context, addr net.Addr, why dialPurpose) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var d net.Dialer
	c, err := d.DialContext(ctx, addr.Network(), addr.String())
	if err != nil {
		return nil, err
	}
	if o.own == nil {
		o.own = make(map[string]dialPurpose)
	}
	o.own[c.LocalAddr().String()] = why
	return c, nil
}

// whose says why an accepted connection was made, if we made it.
func (o *ourDials) whose(remote net.Addr) dialPurpose {
	o.mu.Lock()
	defer o.mu.Unlock()
	why := o.own[remote.String()]
	delete(o.own, remote.String())
	return why
}

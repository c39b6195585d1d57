package listener

import (
	"context"
	"net"

	"ibsoak/fakegateway/lock"
)

// dialPurpose says why this package itself has connected to its own port.
type dialPurpose uint8

const (
	dialNone dialPurpose = iota
	dialFiller
	dialZombie
)

// selfDials remembers which connections the port has made to itself, until it accepts them.
type selfDials struct {
	mu  lock.Mutex[lock.Last] // held while dialling, so that none is accepted before it is known
	own map[string]dialPurpose
}

// dial connects to a TCP port of this process.
func (d *selfDials) dial(ctx context.Context, addr net.Addr, why dialPurpose) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, addr.Network(), addr.String())
	if err != nil {
		return nil, err
	}
	if d.own == nil {
		d.own = make(map[string]dialPurpose)
	}
	d.own[c.LocalAddr().String()] = why
	return c, nil
}

// why says why an accepted connection was made, if we made it.
func (d *selfDials) why(remote net.Addr) dialPurpose {
	d.mu.Lock()
	defer d.mu.Unlock()
	purpose := d.own[remote.String()]
	delete(d.own, remote.String())
	return purpose
}

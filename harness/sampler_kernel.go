package harness

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/sockets"
)

// kernel is the second oracle: it follows the sockets on the Gateway's port in the kernel's
// table. Its goroutine owns the sightings until stop has returned.
type kernel struct {
	table   *sockets.Table
	gateway netip.AddrPort
	planted map[netip.AddrPort]bool // client ends; not changed once the sampler runs
	clock   func() Moment
	ended   func(Sighting) // is told of each that is over

	done     chan struct{}
	finished sync.WaitGroup

	open      map[socketKey]*Sighting // those in CLOSE_WAIT at the last look
	sightings []Sighting
	tables    []Table
	looks     int
	last      Moment
	gap       time.Duration
	fault     error // the first failure to look: from then on the oracle is blind
	full      bool
}

// socketKey tells sockets apart by 4-tuple and by the kernel's own number, so that a port given
// out twice is two sockets.
type socketKey struct {
	side   Side
	client netip.AddrPort
	cookie uint64
}

// watchKernel starts to look. The table is closed by stop.
func watchKernel(gateway netip.AddrPort, planted map[netip.AddrPort]bool, clock func() Moment, ended func(Sighting),
) (*kernel, error) {
	table, err := sockets.Open()
	if err != nil {
		return nil, err
	}
	k := &kernel{
		table: table, gateway: gateway, planted: planted, clock: clock, ended: ended,
		done: make(chan struct{}), open: map[socketKey]*Sighting{},
	}
	k.finished.Go(k.run)
	return k, nil
}

// stop ends the sampler with one last look, and hands over what it saw.
func (k *kernel) stop() {
	close(k.done)
	k.finished.Wait()
	_ = k.table.Close() // a descriptor for reading: nothing can be lost
}

func (k *kernel) run() {
	every := closeWaitEvery
	often, seldom := time.NewTicker(every), time.NewTicker(tableEvery)
	defer often.Stop()
	defer seldom.Stop()
	k.look()
	for {
		select {
		case <-often.C:
			began := k.clock()
			k.look()
			// Where looking means running lsof, the sampler takes a fifth of one processor at most.
			if next := max(closeWaitEvery, 4*k.clock().Since(began)); next != every {
				every = next
				often.Reset(every)
			}
		case <-seldom.C:
			k.count()
		case <-k.done:
			k.look()
			k.count()
			k.finish()
			return
		}
	}
}

// look reads the sockets in CLOSE_WAIT. When it failed once the oracle has not seen everything,
// and what it has not seen it must not be asked about.
func (k *kernel) look() {
	rows, err := k.table.Port(k.gateway.Port(), sockets.StateCloseWait)
	now := k.clock()
	if err != nil {
		if k.fault == nil {
			k.fault = err
		}
		return
	}
	if k.looks > 0 {
		k.gap = max(k.gap, now.Since(k.last))
	}
	seen := map[socketKey]bool{}
	for _, row := range rows {
		side, client, ours := k.side(row)
		if !ours {
			continue
		}
		key := socketKey{side, client, row.Cookie}
		seen[key] = true
		if s, known := k.open[key]; known {
			s.Last, s.Inode = now, row.Inode
			continue
		}
		k.open[key] = &Sighting{
			Side: side, Gateway: k.gateway, Client: client, Inode: row.Inode,
			Before: k.last, First: now, Last: now, Planted: k.planted[client],
		}
	}
	for key, s := range k.open {
		if !seen[key] {
			s.After = now
			k.keep(key, s)
		}
	}
	k.looks, k.last = k.looks+1, now
}

// keep moves a sighting that is over to the list.
func (k *kernel) keep(key socketKey, s *Sighting) {
	delete(k.open, key)
	if len(k.sightings) >= maxSightings {
		k.full = true
		return
	}
	k.sightings = append(k.sightings, *s)
	k.ended(*s)
}

// finish keeps what is still there at the end.
func (k *kernel) finish() {
	for key, s := range k.open {
		k.keep(key, s)
	}
}

// side tells whose socket a row is. Rows of other addresses that share the port number are not
// ours.
func (k *kernel) side(row sockets.Socket) (side Side, client netip.AddrPort, ours bool) {
	switch k.gateway {
	case row.Local:
		return GatewaySide, row.Remote, true
	case row.Remote:
		return TraderSide, row.Local, true
	}
	return "", netip.AddrPort{}, false
}

// count reads the sockets in every state and keeps the numbers when they have changed.
func (k *kernel) count() {
	rows, err := k.table.Port(k.gateway.Port())
	if err != nil {
		if k.fault == nil {
			k.fault = err
		}
		return
	}
	t := Table{At: k.clock(), Gateway: map[string]int{}, Trader: map[string]int{}}
	for _, row := range rows {
		side, client, ours := k.side(row)
		switch {
		case !ours || k.planted[client] || row.State == sockets.StateListen:
		case side == GatewaySide:
			t.Gateway[row.State.String()]++
		default:
			t.Trader[row.State.String()]++
		}
	}
	if n := len(k.tables); n > 0 && sameCounts(k.tables[n-1].Gateway, t.Gateway) &&
		sameCounts(k.tables[n-1].Trader, t.Trader) {
		return
	}
	if len(k.tables) >= maxTables {
		k.full = true
		return
	}
	k.tables = append(k.tables, t)
}

func sameCounts(a, b map[string]int) bool {
	if len(a) != len(b) {
		return false
	}
	for state, n := range a {
		if b[state] != n {
			return false
		}
	}
	return true
}

// closeWait is the table right now: the client addresses of the sockets in CLOSE_WAIT at each
// side, planted ones left out. It may be called while the sampler runs.
func (k *kernel) closeWait() (gateway, trader []netip.AddrPort, err error) {
	rows, err := k.table.Port(k.gateway.Port(), sockets.StateCloseWait)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		side, client, ours := k.side(row)
		switch {
		case !ours || k.planted[client]:
		case side == GatewaySide:
			gateway = append(gateway, client)
		default:
			trader = append(trader, client)
		}
	}
	return gateway, trader, nil
}

// report fills in the record. The sampler must have stopped.
func (k *kernel) report(r *Record) {
	r.Sightings, r.Tables = k.sightings, k.tables
	slices.SortStableFunc(r.Sightings, func(a, b Sighting) int { return cmp.Compare(a.First, b.First) })
	r.Footer.Looks, r.Footer.LongestGap = k.looks, fault.Duration(k.gap)
	if k.fault != nil {
		r.Header.Kernel = k.fault.Error()
	}
	if k.full {
		r.Footer.Errors = append(r.Footer.Errors,
			"the kernel's sampler ran out of room: more sockets than a record holds")
	}
}

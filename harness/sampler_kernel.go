package harness

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/sockets"
)

// kernel is the second oracle: it follows the sockets on the Gateway's port in the kernel's table.
// A connection that the Gateway has told of is looked up by its exact addresses, which costs
// microseconds. The whole table, which costs milliseconds on a host with many sockets, is read
// once a second, for connections that nobody told of. Where the kernel has no exact look-up, the
// whole table is read each time.
//
// Its goroutine owns the sightings until stop has returned.
type kernel struct {
	table   *sockets.Table
	gateway netip.AddrPort
	planted map[netip.AddrPort]bool // client ends; not changed once the sampler runs
	clock   func() Moment
	ended   func(Sighting) // is told of each that is over
	every   time.Duration  // between looks, when the machine has time
	room    int            // for sightings

	sabotage Sabotage

	done     chan struct{}
	finished sync.WaitGroup

	mu   sync.Mutex
	told []netip.AddrPort // client ends of connections that are not followed yet

	followed  map[netip.AddrPort]bool // by client end
	open      map[socketKey]*Sighting // those in CLOSE_WAIT at the last look
	before    map[endKey]Moment       // when each end was looked up last
	sightings []Sighting
	tables    []Table
	looks     int
	last      Moment
	gap       time.Duration
	fault     error // the first failure to look: from then on the oracle is blind
	full      bool
}

// endKey is one end of a connection, socketKey that end's very socket: the kernel's own number
// tells two sockets apart that were given the same port.
type (
	endKey struct {
		side   Side
		client netip.AddrPort
	}
	socketKey struct {
		endKey
		cookie uint64
	}
)

// watchKernel starts to look. The table is closed by stop.
func watchKernel(gateway netip.AddrPort, planted map[netip.AddrPort]bool, clock func() Moment, ended func(Sighting),
	sabotage Sabotage,
) (*kernel, error) {
	k, err := openKernel(gateway, planted, clock, ended)
	if err == nil {
		sabotage.kernel(k)
		k.finished.Go(k.run)
	}
	return k, err
}

func openKernel(gateway netip.AddrPort, planted map[netip.AddrPort]bool, clock func() Moment, ended func(Sighting),
) (*kernel, error) {
	table, err := sockets.Open()
	if err != nil {
		return nil, err
	}
	k := &kernel{
		table: table, gateway: gateway, planted: planted, clock: clock, ended: ended, every: closeWaitEvery,
		room: maxSightings,
		done: make(chan struct{}), followed: map[netip.AddrPort]bool{},
		open: map[socketKey]*Sighting{}, before: map[endKey]Moment{},
	}
	for client := range planted {
		k.followed[client] = true
	}
	return k, nil
}

// follow tells of a connection that the Gateway has accepted.
func (k *kernel) follow(client netip.AddrPort) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.told) < maxFollowed { // what is beyond it, the next reading of the table finds
		k.told = append(k.told, plain(client))
	}
}

// stop ends the sampler with one last look, and hands over what it saw.
func (k *kernel) stop() {
	close(k.done)
	k.finished.Wait()
	_ = k.table.Close() // a descriptor for reading: nothing can be lost
}

func (k *kernel) run() {
	share := time.Duration(dumpShare)
	if k.table.Exact() {
		share = lookShare
	}
	next, seldom := time.NewTimer(k.every), time.NewTicker(tableEvery)
	defer next.Stop()
	defer seldom.Stop()
	k.dump()
	for {
		select {
		case <-next.C:
			began := k.clock()
			switch {
			case k.sabotage.hides(k):
			case k.table.Exact():
				k.lookUp()
			default:
				k.dump()
			}
			next.Reset(max(k.every, min(share*k.clock().Since(began), restAtMost)))
		case <-seldom.C:
			if k.table.Exact() && !k.sabotage.hides(k) {
				k.dump()
			}
		case <-k.done:
			k.dump()
			k.finish()
			return
		}
	}
}

// failed notes that the oracle has not seen everything: of what it has not seen it must not be
// asked.
func (k *kernel) failed(err error) bool {
	if err != nil && k.fault == nil {
		k.fault = err
	}
	return err != nil
}

// looked notes a look at everything that is known.
func (k *kernel) looked(now Moment) {
	if k.looks > 0 {
		k.gap = max(k.gap, now.Since(k.last))
	}
	k.looks, k.last = k.looks+1, now
}

// lookUp asks for both ends of each connection that is followed.
func (k *kernel) lookUp() {
	k.mu.Lock()
	told := k.told
	k.told = nil
	k.mu.Unlock()
	for _, client := range told {
		k.followed[client] = true
	}
	for client := range k.followed {
		gateway, err := k.lookUpEnd(GatewaySide, client)
		if k.failed(err) {
			return
		}
		trader, err := k.lookUpEnd(TraderSide, client)
		if k.failed(err) {
			return
		}
		if !gateway && !trader {
			delete(k.followed, client)
			delete(k.before, endKey{GatewaySide, client})
			delete(k.before, endKey{TraderSide, client})
		}
	}
	k.looked(k.clock())
}

// lookUpEnd notes one end's state. It reports whether there is a socket that may still come into
// CLOSE_WAIT, or leave it.
func (k *kernel) lookUpEnd(side Side, client netip.AddrPort) (alive bool, err error) {
	local, remote := k.gateway, client
	if side == TraderSide {
		local, remote = client, k.gateway
	}
	row, there, err := k.table.Lookup(local, remote)
	if err != nil {
		return false, err
	}
	now := k.clock()
	end := endKey{side, client}
	if !there || row.State != sockets.StateCloseWait {
		k.left(end, now, 0)
		k.before[end] = now
		return there && row.State != sockets.StateTimeWait, nil
	}
	k.seen(end, row, now)
	k.left(end, now, row.Cookie)
	k.before[end] = now
	return true, nil
}

// seen notes a socket in CLOSE_WAIT.
func (k *kernel) seen(end endKey, row sockets.Socket, now Moment) {
	key := socketKey{end, row.Cookie}
	if s, known := k.open[key]; known {
		s.Last, s.Inode = now, row.Inode
		return
	}
	before, asked := k.before[end]
	if !asked {
		before = k.last
	}
	k.open[key] = &Sighting{
		Side: end.side, Gateway: k.gateway, Client: end.client, Inode: row.Inode,
		Before: before, First: now, Last: now, Planted: k.planted[end.client],
	}
}

// left ends the sightings of an end whose socket is not in CLOSE_WAIT any more; the one with the
// given cookie is.
func (k *kernel) left(end endKey, now Moment, cookie uint64) {
	for key, s := range k.open {
		if key.endKey == end && key.cookie != cookie {
			s.After = now
			k.keep(key, s)
		}
	}
}

// dump reads the whole table: it notes the sockets in CLOSE_WAIT, counts all by state, and
// follows from now on what nobody has told of.
func (k *kernel) dump() {
	rows, err := k.table.Port(k.gateway.Port())
	if k.failed(err) {
		return
	}
	now := k.clock()
	waiting := map[socketKey]bool{}
	for _, row := range rows {
		side, client, ours := k.side(row)
		if !ours || row.State == sockets.StateListen {
			continue
		}
		end := endKey{side, client}
		if row.State == sockets.StateCloseWait {
			k.seen(end, row, now)
			waiting[socketKey{end, row.Cookie}] = true
		}
		if k.table.Exact() && row.State != sockets.StateTimeWait && len(k.followed) < maxFollowed {
			k.followed[client] = true
			k.before[end] = now
		}
	}
	for key, s := range k.open {
		if !waiting[key] {
			s.After = now
			k.keep(key, s)
		}
	}
	k.count(rows, now)
	k.looked(now)
}

// keep moves a sighting that is over to the list.
func (k *kernel) keep(key socketKey, s *Sighting) {
	delete(k.open, key)
	if len(k.sightings) >= k.room {
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

// count keeps the numbers of sockets by state when they have changed.
func (k *kernel) count(rows []sockets.Socket, now Moment) {
	t := Table{At: now, Gateway: map[string]int{}, Trader: map[string]int{}}
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
	if n := len(k.tables); n > 0 && maps.Equal(k.tables[n-1].Gateway, t.Gateway) &&
		maps.Equal(k.tables[n-1].Trader, t.Trader) {
		return
	}
	if len(k.tables) >= maxTables {
		k.full = true
		return
	}
	k.tables = append(k.tables, t)
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

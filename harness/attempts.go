package harness

import (
	"cmp"
	"net/netip"
	"sync"
	"time"
)

// Attempt is a connect to the Gateway's port as its first packet shows it, whether anybody
// accepted it or not: while the port is closed nothing else shows a client that knocks.
type Attempt struct {
	At     Moment         `json:"at"`
	Client netip.AddrPort `json:"client"`
}

// HostDials is how many connects of all programs on this host had failed by then. It is read where
// single ones cannot be seen: more of them than that the subject did not make.
type HostDials struct {
	At     Moment `json:"at"`
	Failed int    `json:"failed"`
}

// hostDialsEvery is how often the host's count is read.
const hostDialsEvery = time.Second

// attempts watches for connects. Its goroutine owns the lists until stop has returned.
type attempts struct {
	clock    func() Moment
	journal  *journal
	tap      *tap   // nil where single connects cannot be seen
	unseen   string // why not
	done     chan struct{}
	finished sync.WaitGroup

	seen      []Attempt
	sequences map[netip.AddrPort]uint32 // of the last first packet of each client: it is repeated
	hostDials []HostDials
}

// watchAttempts starts to watch the Gateway's port. unseen says why single connects cannot be seen.
func watchAttempts(gateway netip.AddrPort, clock func() Moment, j *journal) (a *attempts, unseen string) {
	a = &attempts{clock: clock, journal: j, done: make(chan struct{}), sequences: map[netip.AddrPort]uint32{}}
	t, err := openTap(gateway)
	if err != nil {
		a.unseen = err.Error()
		a.finished.Go(a.readHost)
		return a, err.Error()
	}
	a.tap = t
	a.finished.Go(a.readTap)
	return a, ""
}

func (a *attempts) readTap() {
	for {
		client, sequence, err := a.tap.next()
		if err != nil {
			select {
			case <-a.done:
			default:
				a.unseen = err.Error()
			}
			return
		}
		a.note(client, sequence)
	}
}

// note keeps a connect. The kernel sends a first packet again that was not answered.
func (a *attempts) note(client netip.AddrPort, sequence uint32) {
	if last, known := a.sequences[client]; known && last == sequence {
		return
	}
	a.sequences[client] = sequence
	if len(a.seen) >= maxAttempts {
		a.unseen = "there were more connects than a record holds"
		return
	}
	attempt := Attempt{At: a.clock(), Client: client}
	a.seen = append(a.seen, attempt)
	a.journal.add("attempt", attempt)
}

func (a *attempts) readHost() {
	again := time.NewTicker(hostDialsEvery)
	defer again.Stop()
	for {
		failed, err := failedDials()
		if err != nil || len(a.hostDials) >= maxHostDials {
			a.hostDials = nil // a count with a hole in it bounds nothing
			return
		}
		read := HostDials{At: a.clock(), Failed: failed}
		a.hostDials = append(a.hostDials, read)
		a.journal.add("host-dials", read)
		select {
		case <-again.C:
		case <-a.done:
			if failed, err = failedDials(); err == nil {
				a.hostDials = append(a.hostDials, HostDials{At: a.clock(), Failed: failed})
			}
			return
		}
	}
}

// stop ends the watch and fills in the record.
func (a *attempts) stop(r *Record) {
	close(a.done)
	if a.tap != nil {
		a.tap.interrupt()
	}
	a.finished.Wait()
	if a.tap != nil {
		a.tap.close(a.note)
		a.unseen = cmp.Or(a.unseen, a.tap.lost())
	}
	r.Attempts, r.HostDials, r.Header.Unseen = a.seen, a.hostDials, a.unseen
}

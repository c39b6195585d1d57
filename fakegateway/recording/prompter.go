package recording

import (
	"container/heap"
	"errors"
	"fmt"
	"sync"
	"time"

	"ibsoak/internal/wire"
)

// waitingLines bounds what waits for its time; then the client's next request waits too.
const waitingLines = 1 << 16

// line is something to be said at a time.
type line struct {
	at      time.Time
	seq     int
	id      int32 // of the client's request
	end     string
	message wire.Message // unless it is an end
}

// prompter says lines at their times, and in their order where times are the same.
type prompter struct {
	turn *turn

	mu      sync.Mutex
	waiting lines
	seq     int
	stopped bool
	room    *sync.Cond    // of waiting
	cue     chan struct{} // something has changed
}

func newPrompter(t *turn) *prompter {
	p := &prompter{turn: t, cue: make(chan struct{}, 1)}
	p.room = sync.NewCond(&p.mu)
	return p
}

// put adds a line, when there is room.
func (p *prompter) put(l line) {
	p.mu.Lock()
	for len(p.waiting) >= waitingLines && !p.stopped {
		p.room.Wait()
	}
	p.seq++
	l.seq = p.seq
	heap.Push(&p.waiting, l)
	p.mu.Unlock()
	p.wake()
}

// forget drops what waits for a request that was cancelled.
func (p *prompter) forget(id int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.waiting[:0]
	for _, l := range p.waiting {
		if l.id != id || id <= 0 {
			kept = append(kept, l)
		}
	}
	p.waiting = kept
	heap.Init(&p.waiting)
	p.room.Broadcast()
}

func (p *prompter) stop() {
	p.mu.Lock()
	p.stopped = true
	p.room.Broadcast()
	p.mu.Unlock()
	p.wake()
}

func (p *prompter) wake() {
	select {
	case p.cue <- struct{}{}:
	default: // one is on its way
	}
}

// next takes the first line that is due; else it says how long to wait for it.
func (p *prompter) next() (l line, due bool, wait time.Duration, stopped bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped || len(p.waiting) == 0 {
		return line{}, false, time.Hour, p.stopped
	}
	if wait = time.Until(p.waiting[0].at); wait > 0 {
		return line{}, false, wait, false
	}
	l = heap.Pop(&p.waiting).(line)
	p.room.Signal()
	return l, true, 0, false
}

// run says lines until stop, or until the recorded Gateway's end.
func (p *prompter) run() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		l, due, wait, stopped := p.next()
		switch {
		case stopped:
			return nil
		case !due:
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-p.cue:
			}
		case l.end != "":
			return p.leave(l.end)
		default:
			if err := p.say(l.message); err != nil {
				return p.giveUp(err)
			}
		}
	}
}

// say writes a message in the form of the client's version.
func (p *prompter) say(m wire.Message) error {
	raw, err := wire.Append(nil, m, p.turn.version)
	if err != nil {
		p.turn.player.count(func(s *Summary) { s.Dropped[m.Kind.String()]++ })
		return nil // it does not exist at this version
	}
	c := p.turn.conn
	if err := c.SetWriteDeadline(time.Now().Add(playerWriteLimit)); err != nil {
		return err
	}
	if _, err := c.Write(raw); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	p.turn.player.count(func(s *Summary) { s.Messages++ })
	return nil
}

// giveUp ends the connection after a write that failed, so that the reader ends as well.
func (p *prompter) giveUp(err error) error {
	p.stop()
	_ = p.turn.conn.Close() // the error is the write's
	if gone(err) {
		return nil // the client has left in mid answer
	}
	return err
}

// leave ends the connection as the recorded Gateway did.
func (p *prompter) leave(how string) error {
	p.stop()
	c := p.turn.conn
	if how == KindRST {
		return errors.Join(c.SetLinger(0), c.Close())
	}
	err := c.CloseWrite()
	return errors.Join(err, c.SetReadDeadline(time.Now().Add(farewellLimit)))
}

// lines is a heap by time.
type lines []line

func (l lines) Len() int { return len(l) }

func (l lines) Less(i, j int) bool {
	if !l[i].at.Equal(l[j].at) {
		return l[i].at.Before(l[j].at)
	}
	return l[i].seq < l[j].seq
}

func (l lines) Swap(i, j int) { l[i], l[j] = l[j], l[i] }

// Push is for container/heap.
func (l *lines) Push(x any) { *l = append(*l, x.(line)) }

// Pop is for container/heap.
func (l *lines) Pop() any {
	old := *l
	last := old[len(old)-1]
	*l = old[:len(old)-1]
	return last
}

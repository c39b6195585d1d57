package recording

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"ibsoak/internal/wire"
)

// queueLimit bounds the replies that wait until they are due. When the queue is full, the client's next
// request waits.
const queueLimit = 1 << 16

// queued is a reply that is sent when it is due.
type queued struct {
	at      time.Time
	id      int32 // the client's request id
	end     string
	message wire.Message // if end is empty
}

// sendQueue sends replies to a client when they are due. Replies that are due at the same time are
// sent in the order in which they were put.
type sendQueue struct {
	conn *playerConn

	mu      sync.Mutex
	waiting []queued // by time
	stopped bool
	room    *sync.Cond    // waiting has room, or the queue has stopped
	changed chan struct{} // wakes run
}

func newSendQueue(c *playerConn) *sendQueue {
	q := &sendQueue{conn: c, changed: make(chan struct{}, 1)}
	q.room = sync.NewCond(&q.mu)
	return q
}

// put adds a reply. It waits while the queue is full.
func (q *sendQueue) put(r queued) {
	q.mu.Lock()
	for len(q.waiting) >= queueLimit && !q.stopped {
		q.room.Wait()
	}
	after, _ := slices.BinarySearchFunc(q.waiting, r.at, func(w queued, at time.Time) int {
		if w.at.After(at) {
			return 1
		}
		return -1 // also when they are equal: the new one goes behind
	})
	q.waiting = slices.Insert(q.waiting, after, r)
	q.mu.Unlock()
	q.wake()
}

// drop removes the replies to a request that the client has cancelled.
func (q *sendQueue) drop(id int32) {
	if id <= 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(w queued) bool { return w.id == id })
	q.room.Broadcast()
}

func (q *sendQueue) stop() {
	q.mu.Lock()
	q.stopped = true
	q.room.Broadcast()
	q.mu.Unlock()
	q.wake()
}

func (q *sendQueue) wake() {
	select {
	case q.changed <- struct{}{}:
	default: // run has not taken the last one yet
	}
}

// next takes the first reply if it is due, or says how long run has to wait.
func (q *sendQueue) next() (r queued, due bool, wait time.Duration, stopped bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped || len(q.waiting) == 0 {
		return queued{}, false, time.Hour, q.stopped
	}
	r = q.waiting[0]
	if wait = time.Until(r.at); wait > 0 {
		return queued{}, false, wait, false
	}
	q.waiting[0] = queued{} // lets the garbage collector have the message
	q.waiting = q.waiting[1:]
	q.room.Signal()
	return r, true, 0, false
}

// run sends replies until stop, or until the recorded Gateway's FIN or RST.
func (q *sendQueue) run() error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		r, due, wait, stopped := q.next()
		switch {
		case stopped:
			return nil
		case !due:
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-q.changed:
			}
		case r.end != "":
			return q.disconnect(r.end)
		default:
			if err := q.send(r.message); err != nil {
				return q.fail(err)
			}
		}
	}
}

// send writes a message in the form of the client's version.
func (q *sendQueue) send(m wire.Message) error {
	raw, err := wire.Append(nil, m, q.conn.version)
	if err != nil {
		q.conn.player.count(func(s *Summary) { s.Dropped[m.Kind.String()]++ })
		return nil // it does not exist at this version
	}
	tcp := q.conn.conn
	if err := tcp.SetWriteDeadline(time.Now().Add(playerWriteLimit)); err != nil {
		return err
	}
	if _, err := tcp.Write(raw); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	q.conn.player.count(func(s *Summary) { s.Messages++ })
	return nil
}

// fail closes the connection after an error of a write, so that the reading goroutine ends too.
func (q *sendQueue) fail(err error) error {
	q.stop()
	_ = q.conn.conn.Close() // the write's error is the one that matters
	if gone(err) {
		return nil // the client has disconnected in the middle of an answer
	}
	return err
}

// disconnect ends the connection as the recorded Gateway did.
func (q *sendQueue) disconnect(how string) error {
	q.stop()
	tcp := q.conn.conn
	if how == KindRST {
		return errors.Join(tcp.SetLinger(0), tcp.Close())
	}
	err := tcp.CloseWrite()
	return errors.Join(err, tcp.SetReadDeadline(time.Now().Add(clientEndLimit)))
}

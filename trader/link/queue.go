package link

import "sync"

// clientQueueBytes bounds the frames that wait for the API client. Beyond it the link stops
// reading, and TCP slows the Gateway down.
const clientQueueBytes = 16 << 20

// frameQueue is the frames on their way to the API client, bounded by their bytes.
type frameQueue struct {
	mu     sync.Mutex
	frames [][]byte
	bytes  int
	// unbounded is set at the end of a session, when what can still arrive is finite and the
	// Gateway's socket must not wait for a slow client.
	unbounded bool

	filled chan struct{} // a frame was added; capacity 1
	space  chan struct{} // a frame was taken or the bound lifted; capacity 1
}

func newFrameQueue(held [][]byte) *frameQueue {
	q := &frameQueue{filled: make(chan struct{}, 1), space: make(chan struct{}, 1)}
	for _, f := range held {
		q.frames = append(q.frames, f)
		q.bytes += len(f)
	}
	if len(held) > 0 {
		q.filled <- struct{}{}
	}
	return q
}

// push adds a frame, waiting for space until stop is closed. There is one pusher at a time.
func (q *frameQueue) push(frame []byte, stop <-chan struct{}) bool {
	for {
		if q.tryPush(frame) {
			return true
		}
		select {
		case <-q.space:
		case <-stop:
			return false
		}
	}
}

func (q *frameQueue) tryPush(frame []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.unbounded && q.bytes > 0 && q.bytes+len(frame) > clientQueueBytes {
		return false
	}
	q.frames = append(q.frames, frame)
	q.bytes += len(frame)
	signal(q.filled)
	return true
}

// pop takes the oldest frame, if there is one.
func (q *frameQueue) pop() ([]byte, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.frames) == 0 {
		return nil, false
	}
	frame := q.frames[0]
	q.frames[0] = nil
	q.frames = q.frames[1:]
	q.bytes -= len(frame)
	signal(q.space)
	return frame, true
}

// lift takes the bound away.
func (q *frameQueue) lift() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unbounded = true
	signal(q.space)
}

// signal leaves a token in a channel of capacity 1.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

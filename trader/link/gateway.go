package link

import (
	"fmt"
	"slices"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

const prefixBytes = 4

// readGateway takes frames off the Gateway's socket until it ends, also after the end of the
// session has begun: what the Gateway sent before it saw our FIN is still delivered.
func (l *Link) readGateway() {
	defer close(l.readerDone)
	for {
		offset := l.frames.Offset()
		payload, err := l.frames.Next()
		if err != nil {
			l.end(reasonOfIO(err), err)
			return
		}
		l.inbound.Store(int64(time.Since(l.began)))
		l.counters.framesIn.Add(1)
		l.counters.bytesIn.Add(uint64(len(payload) + prefixBytes))
		if err := l.receive(payload); err != nil {
			l.transcribe(wire.FromServer, 0, payload, "malformed, not delivered")
			l.end(Malformed, fmt.Errorf("frame at byte %d: %w", offset, err))
			return
		}
		l.limitReading()
	}
}

// receive checks one frame and passes it on.
func (l *Link) receive(payload []byte) error {
	in, err := l.check.examine(payload)
	if err != nil {
		return err
	}
	note := ""
	switch {
	case in.message.Kind == wire.CurrentTime && l.takeAnswer():
		note, in.deliver = "probe's answer, not delivered", nil
	case in.deliver == nil:
		note = "unknown kind, not delivered"
	}
	l.transcribe(wire.FromServer, in.message.Kind, payload, note)
	fatal, why := l.applySystem(in.message)
	switch {
	case in.deliver == nil:
	case l.cfg.Relay != nil:
		l.cfg.Relay(in.message.Kind, in.deliver)
	case !l.deliver(in.deliver):
		return nil // nobody waits for it any more
	}
	if fatal != "" {
		l.end(fatal, why)
	}
	return nil
}

// deliver queues a frame for the API client, waiting while the queue is full.
func (l *Link) deliver(payload []byte) bool {
	if l.toClient.tryPush(payload) {
		return true
	}
	l.waiting.Store(true)
	defer l.waiting.Store(false)
	return l.toClient.push(payload, l.hurried)
}

// applySystem follows the system messages. A reason is one to end the session for.
func (l *Link) applySystem(m wire.Message) (fatal Reason, why error) {
	body, ok := m.Body.(*pb.ErrorMessage)
	if !ok {
		return "", nil
	}
	code := int(body.GetErrorCode())
	if reason, ok := fatalCodes[code]; ok {
		return reason, fmt.Errorf("%d %s", code, body.GetErrorMsg())
	}
	switch code {
	case codeConnectionLost, codeNotYetConnected, codeRestoredLost, codeRestoredKept:
		l.epoch.Add(1)
	}
	l.mu.Lock()
	changed, _ := l.connectivity.Apply(code)
	state := l.connectivity.State
	l.mu.Unlock()
	if changed {
		l.log.Warn("link state", "state", state, "code", code, "message", body.GetErrorMsg())
	}
	return "", nil
}

// noteState applies a frame of the bootstrap.
func (l *Link) noteState(payload []byte) {
	if m, err := wire.Decode(wire.FromServer, payload, l.hello.Version); err == nil {
		_, _ = l.applySystem(m) // the handshake would have failed on one that ends a session
	}
}

// writeGateway writes requests, paced, until the end of the session begins. What is still queued
// then is not sent.
func (l *Link) writeGateway() {
	defer close(l.writerDone)
	defer l.refuseQueued()
	pace := newPacer(l.cfg.MessagesPerSecond)
	var batch []*Request
	for {
		if !l.wait(pace.delay(time.Now())) {
			return
		}
		r := l.next()
		if r == nil {
			return
		}
		r.leave()
		batch = append(batch[:0], r)
		if l.cfg.Relay != nil && pace.interval == 0 {
			batch = l.more(batch)
		}
		if l.write(batch) {
			pace.spend(time.Now())
		}
		clear(batch)
	}
}

// batchBytes bounds what a relay that is not paced hands to the kernel at once, beyond the first request.
const batchBytes = 16 << 10

// more takes what waits behind a request and may leave with it.
func (l *Link) more(batch []*Request) []*Request {
	for size := len(batch[0].payload); size < batchBytes; {
		select {
		case r := <-l.toGateway:
			r.leave()
			batch, size = append(batch, r), size+len(r.payload)
		default:
			return batch
		}
	}
	return batch
}

// next waits for what goes out next; nil when the link begins to end. It is chosen when it may leave, so
// that what is urgent waits for no more than the message before it: orders and cancels, in the order in
// which they came, then the probe, then everything else.
func (l *Link) next() *Request {
	select {
	case r := <-l.urgent:
		return r
	default:
	}
	select {
	case r := <-l.probes:
		return r
	default:
	}
	select {
	case <-l.ending:
		return nil
	case r := <-l.urgent:
		return r
	case r := <-l.probes:
		return r
	case r := <-l.toGateway:
		return r
	}
}

// wait sleeps; false if the link begins to end.
func (l *Link) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.ending:
		return false
	}
}

// write hands requests to the kernel, in one piece, and decides their fates. False means that nothing was
// written: they were withdrawn or refused.
func (l *Link) write(batch []*Request) bool {
	batch = slices.DeleteFunc(batch, func(r *Request) bool { return !l.claim(r) })
	if len(batch) == 0 {
		return false
	}
	var frames []byte
	for _, r := range batch { // before the deadline: a large one takes its time
		frames = wire.AppendFrame(frames, r.payload)
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.cfg.WriteTimeout)); err != nil {
		l.written(batch, 0, err)
		return false
	}
	select {
	case <-l.ending: // the end has set a shorter deadline, and this write must not outlast it
		for _, r := range batch {
			r.decide(Writing, NotSent, l.Err())
		}
		return false
	default:
	}
	for _, r := range batch {
		l.expectAnswer(r)
		l.transcribe(wire.FromClient, r.Kind, r.payload, r.note)
	}
	n, err := l.conn.Write(frames)
	l.written(batch, n, err)
	return n > 0
}

// claim begins to write a request, unless it was withdrawn or is refused.
func (l *Link) claim(r *Request) bool {
	if !r.begin() {
		return false
	}
	if r.Kind == wire.PlaceOrder && l.cfg.Relay == nil && l.State() == Degraded {
		l.counters.refused.Add(1)
		r.decide(Writing, NotSent, ErrDegraded)
		return false
	}
	if err := r.permitted(); err != nil {
		r.decide(Writing, NotSent, err)
		return false
	}
	return true
}

// written decides the fates of requests of which the kernel has taken n bytes in all.
func (l *Link) written(batch []*Request, n int, err error) {
	l.counters.bytesOut.Add(uint64(n))
	for _, r := range batch {
		size := len(r.payload) + prefixBytes
		switch {
		case n >= size:
			l.counters.framesOut.Add(1)
			r.decide(Writing, Sent, nil)
		case n > 0:
			r.decide(Writing, Unknown, fmt.Errorf("%d of %d bytes: %w", n, size, err))
		default:
			r.decide(Writing, NotSent, err)
		}
		n = max(0, n-size)
	}
	if err != nil {
		l.end(reasonOfIO(err), err)
	}
}

// refuseQueued decides the fate of what was never written. After end, nothing joins the queue.
func (l *Link) refuseQueued() {
	for {
		select {
		case r := <-l.toGateway:
			r.leave()
			r.decide(Queued, NotSent, l.Err())
		case r := <-l.urgent:
			r.leave()
			r.decide(Queued, NotSent, l.Err())
		case r := <-l.probes:
			r.decide(Queued, NotSent, l.Err())
		default:
			return
		}
	}
}

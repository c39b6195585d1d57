package fakegateway

import (
	"io"
	"testing"
)

// A stream of ticks is told, queued, written and filed without an allocation for each.
func TestTicksDoNotAllocate(t *testing.T) {
	s := startServer(t, Config{TranscriptFrames: 1000})
	client := dial(t, s)
	client.hello()
	client.startAPI(1)
	c := s.open()[0]
	go func() { _, _ = io.Copy(io.Discard, client.Conn) }() // until it is closed
	message := tick()
	for range 5000 { // the ring, the queues and the slab get their size
		c.Send(message)
	}
	if n := testing.AllocsPerRun(5000, func() { c.Send(message) }); n >= 1 {
		t.Errorf("a tick allocates %v times", n)
	}
}

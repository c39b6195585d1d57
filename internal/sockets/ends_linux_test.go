package sockets_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"ibsoak/internal/sockets"
)

// TestEndsTellWhatWasRead closes sockets that have read all, a part and nothing of what had come, by
// FIN and by RST.
func TestEndsTellWhatWasRead(t *testing.T) {
	const sent = 100
	for name, c := range map[string]struct {
		read int64
		end  func(*net.TCPConn) error
	}{
		"all was read":         {sent, (*net.TCPConn).Close},
		"a part was read":      {40, (*net.TCPConn).Close},
		"nothing was read":     {0, (*net.TCPConn).Close},
		"all, then a reset":    {sent, reset},
		"a part, and a reset":  {40, reset},
		"nothing, after a FIN": {0, halfClose},
	} {
		t.Run(name, func(t *testing.T) {
			ends := watchEnds(t)
			client, server := pair(t)
			if _, err := server.Write(make([]byte, sent)); err != nil {
				t.Fatal(err)
			}
			arrived(t, client, sent)
			if _, err := io.ReadFull(client, make([]byte, c.read)); err != nil {
				t.Fatal(err)
			}
			local := addr(client.LocalAddr())
			if err := c.end(client); err != nil {
				t.Fatal(err)
			}
			_ = server.Close()
			unread := int64(0)
			for _, end := range untilNow(t, ends) {
				if end.Local == local {
					unread = end.Unread
				}
			}
			// The server's FIN may count for one byte.
			if want := sent - c.read; unread < want || unread > want+1 {
				t.Errorf("%d bytes unread, want %d", unread, want)
			}
		})
	}
}

// TestFinishComesBehindAllProcessors closes sockets on each processor: the kernel tells of them by a queue of
// its own for each, and one of them may be behind.
func TestFinishComesBehindAllProcessors(t *testing.T) {
	const each = 20
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(0, &cpus); err != nil {
		t.Fatal(err)
	}
	ends := watchEnds(t)
	closed := map[netip.AddrPort]bool{}
	for cpu, left := 0, cpus.Count(); left > 0; cpu++ {
		if !cpus.IsSet(cpu) {
			continue
		}
		left--
		var both []*net.TCPConn
		for range each {
			client, server := pair(t)
			both = append(both, client, server)
			closed[addr(client.LocalAddr())] = true
		}
		done := make(chan error, 1)
		go func() {
			runtime.LockOSThread() // for good: the thread ends with the goroutine
			var one unix.CPUSet
			one.Set(cpu)
			err := unix.SchedSetaffinity(0, &one)
			for _, c := range both {
				err = errors.Join(err, c.Close())
			}
			done <- err
		}()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range untilNow(t, ends) {
		delete(closed, end.Local)
	}
	if len(closed) > 0 {
		t.Errorf("%d ends were not told of: %v", len(closed), closed)
	}
}

// untilNow fetches the ends of all that had been closed before.
func untilNow(t *testing.T, ends *sockets.Ends) (all []sockets.End) {
	t.Helper()
	if err := ends.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	for {
		end, err := ends.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, end)
	}
}

func TestEndsClose(t *testing.T) {
	ends := watchEnds(t)
	if err := ends.Close(); err != nil {
		t.Error(err)
	}
	if _, err := ends.Next(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func watchEnds(t *testing.T) *sockets.Ends {
	t.Helper()
	ends, err := sockets.WatchEnds()
	if errors.Is(err, sockets.ErrUnknown) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ends.Close() })
	return ends
}

// pair is a connection on loopback.
func pair(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	ln := listen(t, "tcp4", "127.0.0.1:0")
	c, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Close(), s.Close() })
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

// arrived waits until so many bytes wait at the socket.
func arrived(t *testing.T, c *net.TCPConn, bytes uint32) {
	t.Helper()
	table := open(t)
	for {
		row, there, err := table.Lookup(addr(c.LocalAddr()), addr(c.RemoteAddr()))
		if err != nil || !there {
			t.Fatal(there, err)
		}
		if row.RecvQueueBytes == bytes {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal(t.Context().Err())
		}
	}
}

func reset(c *net.TCPConn) error {
	return errors.Join(c.SetLinger(0), c.Close())
}

func halfClose(c *net.TCPConn) error {
	return errors.Join(c.CloseWrite(), c.Close())
}

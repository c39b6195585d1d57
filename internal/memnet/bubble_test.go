package memnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/internal/memnet"
)

// In a bubble a wait that is not durable would keep the clock from moving, and the test from ending.
func TestDeadlinesRunOnTheBubblesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := memory(t).connect(t)
		start := time.Now()
		_ = client.SetReadDeadline(start.Add(24 * time.Hour))
		_, err := client.Read(make([]byte, 1))
		if got := says(err); got != "deadline (timeout)" {
			t.Errorf("read gave %s", got)
		}
		if waited := time.Since(start); waited != 24*time.Hour {
			t.Errorf("read waited %s of virtual time, want exactly 24h", waited)
		}
	})
}

func TestMovedDeadlineReplacesTheOldOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memory(t).connect(t)
		_ = client.SetReadDeadline(time.Now().Add(time.Minute))
		result := make(chan string)
		go func() {
			buf := make([]byte, 8)
			n, err := client.Read(buf)
			result <- string(buf[:n]) + " " + says(err)
		}()
		synctest.Wait() // the read waits under the first deadline
		_ = client.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Hour, func() { _, _ = server.Write([]byte("tick")) })
		if got := <-result; got != "tick ok" {
			t.Errorf("read gave %q after its deadline was taken away, want the bytes an hour later", got)
		}
	})
}

func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memory(t).connect(t)
		sent := bytes.Repeat([]byte("0123456789abcdef"), 3*memnet.BufferBytes/16)
		done := make(chan error, 1)
		go func() {
			_, err := client.Write(sent)
			done <- err
		}()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("a write of three buffers ended with %v before anything was read", err)
		default:
		}
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(server, got); err != nil {
			t.Fatalf("read what was written: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("write: %v", err)
		}
		if !bytes.Equal(got, sent) {
			t.Error("the bytes that arrived are not the bytes that were written")
		}
	})
}

func TestAResetFreesABlockedWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memory(t).connect(t)
		result := make(chan string, 1)
		var count int
		go func() {
			n, err := client.Write(make([]byte, 2*memnet.BufferBytes))
			count = n
			result <- says(err)
		}()
		synctest.Wait()
		_ = server.Close()
		if got := <-result; got != "ECONNRESET" || count != memnet.BufferBytes {
			t.Errorf("write gave %d bytes and %s, want the full buffer and ECONNRESET", count, got)
		}
	})
}

// Two writers at once each get their bytes through in one piece, as on a kernel socket.
func TestConcurrentWritesDoNotInterleave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := memory(t).connect(t)
		const each = 2 * memnet.BufferBytes
		var writers sync.WaitGroup
		for _, letter := range []byte("ab") {
			writers.Go(func() {
				if _, err := client.Write(bytes.Repeat([]byte{letter}, each)); err != nil {
					t.Errorf("write of %c: %v", letter, err)
				}
			})
		}
		got := make([]byte, 2*each)
		const piece = 1000
		for at := 0; at < len(got); at += piece {
			synctest.Wait() // both writers wait for the space that this read makes
			if _, err := io.ReadFull(server, got[at:min(at+piece, len(got))]); err != nil {
				t.Fatal(err)
			}
		}
		writers.Wait()
		if first := bytes.Repeat(got[:1], each); !bytes.Equal(got[:each], first) {
			t.Error("the two writes are interleaved")
		}
	})
}

func TestDialWaitsForAFullBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := memnet.Listen("gateway")
		for range memnet.Backlog {
			if _, err := ln.Dial(t.Context()); err != nil {
				t.Fatalf("dial within the backlog: %v", err)
			}
		}
		limited, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := ln.Dial(limited)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("dial past the backlog gave %v after %s, want a timeout after 3s", err, time.Since(start))
		}
		refused := make(chan string)
		go func() {
			_, err := ln.Dial(t.Context())
			refused <- says(err)
		}()
		synctest.Wait()
		_ = ln.Close()
		if got := <-refused; got != "ECONNREFUSED" {
			t.Errorf("a dial that waited while the listener closed gave %s", got)
		}
	})
}

func TestAddresses(t *testing.T) {
	ln := memnet.Listen("127.0.0.1:4002")
	if got := ln.Addr().String(); got != "127.0.0.1:4002" || ln.Addr().Network() != "memnet" {
		t.Errorf("listener is at %s %s", ln.Addr().Network(), got)
	}
	seen := map[netip.AddrPort]bool{}
	for range 1000 {
		client, err := ln.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		server, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		local, err := netip.ParseAddrPort(client.LocalAddr().String())
		if err != nil || seen[local] {
			t.Fatalf("client's address %s: seen before %t, parse %v", local, seen[local], err)
		}
		seen[local] = true
		if server.RemoteAddr() != client.LocalAddr() || server.LocalAddr() != ln.Addr() ||
			client.RemoteAddr() != ln.Addr() {
			t.Fatalf("the ends disagree: %v-%v and %v-%v", client.LocalAddr(), client.RemoteAddr(),
				server.LocalAddr(), server.RemoteAddr())
		}
	}
	if a, b := memnet.Listen("x").Addr(), memnet.Listen("x").Addr(); a == b {
		t.Errorf("two listeners share the address %v", a)
	}
}

package sockets_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"ibsoak/internal/sockets"
)

func TestSourceIsTheKernel(t *testing.T) {
	if source := open(t).Source(); source != "sock_diag" {
		t.Skipf("this kernel or sandbox has no sock_diag; the tests ran on %s", source)
	}
}

func TestHalfClosedEnds(t *testing.T) {
	table := open(t)
	for _, network := range []struct{ network, address string }{
		{"tcp4", "127.0.0.1:0"}, {"tcp", "127.0.0.1:0"}, {"tcp6", "[::1]:0"}, {"tcp", "[::]:0"},
	} {
		ln := listen(t, network.network, network.address)
		client, server := connect(t, ln)
		_ = client.CloseWrite()
		readEOF(t, server)
		zombie := awaitState(t, table, server, sockets.StateCloseWait)
		waiting := awaitState(t, table, client, sockets.StateFinWait2)
		if zombie.Inode == 0 || waiting.Inode == 0 || zombie.Cookie == waiting.Cookie {
			t.Errorf("both ends are held, but their rows are %s (cookie %d) and %s (cookie %d)",
				zombie, zombie.Cookie, waiting, waiting.Cookie)
		}
		_ = server.CloseWrite()
		readEOF(t, client)
		awaitState(t, table, client, sockets.StateTimeWait)
	}
}

// Nobody's leak yet: the client left before the connection was accepted, so that no process has a
// descriptor of it. lsof does not see these.
func TestCloseWaitInTheAcceptQueueHasNoInode(t *testing.T) {
	table := open(t)
	ln := listen(t, "tcp", "127.0.0.1:0")
	client := dial(t, ln.Addr().String())
	if _, err := client.Write([]byte("API\x00")); err != nil {
		t.Fatal(err)
	}
	local, remote := addr(client.RemoteAddr()), addr(client.LocalAddr())
	_ = client.Close()
	row := awaitStateOf(t, table, local, remote, sockets.StateCloseWait)
	if row.Inode != 0 {
		t.Errorf("an unaccepted socket has %s, want inode 0", row)
	}
	if row.RecvQueueBytes == 0 {
		t.Errorf("nobody has read the client's 4 bytes, but the receive queue is empty: %s", row)
	}
	if owns, err := sockets.Owns(os.Getpid(), row); owns || err != nil {
		t.Errorf("owned %t, error %v, want nobody's", owns, err)
	}
	gateway, trader, err := sockets.CloseWait(t.Context(), portOf(ln))
	if err != nil || len(gateway) != 1 || len(trader) != 0 {
		t.Fatalf("CloseWait says %s, %s, %v; want one on the Gateway's side",
			texts(gateway), texts(trader), err)
	}
	server := accept(t, ln)
	if row := awaitState(t, table, server, sockets.StateCloseWait); row.Inode == 0 {
		t.Errorf("an accepted socket has %s, want an inode", row)
	}
}

// A peer that does not read holds back the FIN of whoever has written too much.
func TestFinBehindUnsentBytes(t *testing.T) {
	table := open(t)
	t.Run("FIN_WAIT1", func(t *testing.T) {
		client, server := connect(t, listen(t, "tcp", "127.0.0.1:0"))
		flood(t, client, server)
		_ = client.CloseWrite()
		row := awaitState(t, table, client, sockets.StateFinWait1)
		if row.SendQueueBytes == 0 {
			t.Errorf("bytes are held back, but the send queue is empty: %s", row)
		}
	})
	t.Run("LAST_ACK", func(t *testing.T) {
		client, server := connect(t, listen(t, "tcp", "127.0.0.1:0"))
		flood(t, client, server)
		_ = server.CloseWrite()
		readEOF(t, client)
		_ = client.CloseWrite()
		awaitState(t, table, client, sockets.StateLastAck)
	})
}

// flood writes until the kernel takes no more. The sender's buffer is made larger than the receiver's,
// so that bytes stay behind whatever the receiver's kernel still takes.
func flood(t *testing.T, from, to *net.TCPConn) {
	t.Helper()
	if err := errors.Join(from.SetWriteBuffer(1<<20), to.SetReadBuffer(4<<10)); err != nil {
		t.Fatal(err)
	}
	raw, err := from.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 64<<10)
	var writeErr error
	err = raw.Write(func(fd uintptr) bool {
		for writeErr == nil {
			_, writeErr = syscall.Write(int(fd), chunk)
		}
		return true
	})
	if err != nil || !errors.Is(writeErr, syscall.EAGAIN) {
		t.Fatalf("write until the buffers are full: %v, %v", err, writeErr)
	}
}

func TestSynSentAgainstAFullAcceptQueue(t *testing.T) {
	table := open(t)
	ln := listen(t, "tcp", "127.0.0.1:0")
	raw, err := ln.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var listenErr error
	if err := raw.Control(func(fd uintptr) { listenErr = syscall.Listen(int(fd), 0) }); err != nil || listenErr != nil {
		t.Fatalf("set the backlog to zero: %v, %v", err, listenErr)
	}
	dial(t, ln.Addr().String()) // a backlog of zero still takes one
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", ln.Addr().String())
		if err == nil {
			_ = conn.Close()
		}
		ended <- err
	}()
	await(t, "SYN_SENT", func() (string, bool) {
		rows, err := table.Port(portOf(ln), sockets.StateSynSent)
		if err != nil {
			t.Fatal(err)
		}
		return texts(rows), len(rows) == 1
	})
	cancel()
	if err := <-ended; err == nil {
		t.Error("the dial got through a full accept queue")
	}
}

func TestListenerIsFoundByItsAddress(t *testing.T) {
	table := open(t)
	for address, none := range map[string]string{"127.0.0.1:0": "0.0.0.0:0", "[::1]:0": "[::]:0"} {
		ln := listen(t, "tcp", address)
		row := awaitStateOf(t, table, addr(ln.Addr()), netip.MustParseAddrPort(none), sockets.StateListen)
		if row.Inode == 0 {
			t.Errorf("our listener has no inode: %s", row)
		}
	}
}

// A child that inherited a descriptor keeps the socket alive though the parent has closed it.
func TestOwnerIsTheInheritingChild(t *testing.T) {
	table := open(t)
	client, server := connect(t, listen(t, "tcp", "127.0.0.1:0"))
	file, err := server.File()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestHoldUntilStdinEnds$")
	child.Env = append(os.Environ(), holdEnv+"=1", "GORACE=atexit_sleep_ms=0")
	child.ExtraFiles = []*os.File{file}
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := child.Wait(); err != nil {
			t.Errorf("child: %v", err)
		}
	})
	_ = file.Close()
	_ = server.Close()
	_ = client.CloseWrite()
	row := awaitState(t, table, server, sockets.StateCloseWait)
	if ours, err := sockets.Owns(os.Getpid(), row); ours || err != nil {
		t.Errorf("we have closed it, but own it: %t, %v", ours, err)
	}
	if theirs, err := sockets.Owns(child.Process.Pid, row); !theirs || err != nil {
		t.Errorf("the child holds it, but does not own it: %t, %v", theirs, err)
	}
}

const holdEnv = "SOCKETS_TEST_HOLD"

// TestHoldUntilStdinEnds is the child of the test above.
func TestHoldUntilStdinEnds(t *testing.T) {
	if os.Getenv(holdEnv) == "" {
		t.Skip("runs only as a child process that holds a descriptor")
	}
	for {
		if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
			return
		}
	}
}

func TestDescriptorsOfNobodyAreUnknown(t *testing.T) {
	child := exec.CommandContext(t.Context(), "true")
	if err := child.Run(); err != nil {
		t.Skipf("cannot run a process to its end: %v", err)
	}
	inodes, err := sockets.PIDSockets(child.Process.Pid)
	if !errors.Is(err, sockets.ErrUnknown) || !errors.Is(err, os.ErrNotExist) || inodes != nil {
		t.Errorf("a process that is gone gives %v and %v, want ErrUnknown and the cause", inodes, err)
	}
}

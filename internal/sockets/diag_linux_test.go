package sockets

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// message is a netlink message as the kernel sends it.
func message(kind, flags uint16, seq uint32, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerBytes+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = binary.NativeEndian.AppendUint32(b, 0)
	return append(b, body...)
}

func number(n int32) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }

func TestAnswer(t *testing.T) {
	const seq = 7
	row := func(text string) []byte {
		return message(unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_MULTI, seq, []byte(text))
	}
	done := message(unix.NLMSG_DONE, unix.NLM_F_MULTI, seq, number(0))
	timeout := errors.New("nothing came")
	for _, c := range []struct {
		name      string
		datagrams [][]byte
		dump      bool
		rows      string
		err       string // contained in the error; empty for none
	}{
		{"one row, no dump", [][]byte{row("aaaa")}, false, "aaaa", ""},
		{
			"a dump in two datagrams",
			[][]byte{slices.Concat(row("aaaa"), row("bbbb")), slices.Concat(row("cccc"), done)},
			true, "aaaa bbbb cccc", "",
		},
		{"an empty dump", [][]byte{done}, true, "", ""},
		{"an end without a result", [][]byte{message(unix.NLMSG_DONE, 0, seq, nil)}, true, "", ""},
		{
			"late rows of an earlier question",
			[][]byte{slices.Concat(message(unix.SOCK_DIAG_BY_FAMILY, 0, seq-1, []byte("old!")), row("aaaa")), done},
			true, "aaaa", "",
		},
		{"a row of odd length before the next", [][]byte{slices.Concat(row("aaa"), []byte{0}, row("bbbb"), done)}, true, "aaa bbbb", ""},
		{"nothing to do", [][]byte{message(unix.NLMSG_NOOP, 0, seq, nil), done}, true, "", ""},
		{
			"an interrupted dump is read to its end",
			[][]byte{message(unix.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP_INTR, seq, []byte("aaaa")), row("bbbb"), done},
			true, "aaaa bbbb", errInterrupted.Error(),
		},
		{"an interruption told with the end", [][]byte{message(unix.NLMSG_DONE, unix.NLM_F_DUMP_INTR, seq, number(0))}, true, "", errInterrupted.Error()},
		{"no such socket", [][]byte{message(unix.NLMSG_ERROR, 0, seq, number(-int32(unix.ENOENT)))}, false, "", "no such file"},
		{"a dump that ends in an error", [][]byte{row("aaaa"), message(unix.NLMSG_DONE, 0, seq, number(-int32(unix.ENOMEM)))}, true, "aaaa", "cannot allocate memory"},
		{"an error without a number", [][]byte{message(unix.NLMSG_ERROR, 0, seq, nil)}, true, "", "error of 0 bytes"},
		{"an error with a good number", [][]byte{message(unix.NLMSG_ERROR, 0, seq, number(0))}, true, "", "code 0"},
		{"an unknown type", [][]byte{message(99, 0, seq, nil)}, true, "", "unknown type 99"},
		{"a cut header", [][]byte{done[:10]}, true, "", "10 bytes where a netlink header"},
		{"a length beyond the datagram", [][]byte{row("aaaa")[:18]}, true, "", "message of 20 bytes in 18"},
		{"a length below a header", [][]byte{append(number(3), done[4:]...)}, true, "", "message of 3 bytes"},
		{"silence after a part", [][]byte{row("aaaa")}, true, "aaaa", timeout.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			left := c.datagrams
			var rows []string
			err := answer(func() ([]byte, error) {
				if len(left) == 0 {
					return nil, timeout
				}
				next := left[0]
				left = left[1:]
				return next, nil
			}, seq, c.dump, func(b []byte) error {
				rows = append(rows, string(b))
				return nil
			})
			if got := strings.Join(rows, " "); got != c.rows {
				t.Errorf("rows %q, want %q", got, c.rows)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

// The layouts are fixed by include/uapi/linux/inet_diag.h; that the kernel of this host takes and
// fills them is what every other test here shows.
func TestRowsThatNobodyUnderstandsAreErrors(t *testing.T) {
	good := make([]byte, rowBytes)
	good[0], good[1] = unix.AF_INET, byte(StateListen)
	if _, err := parseRow(good); err != nil {
		t.Fatalf("a good row: %v", err)
	}
	short, state, family := good[:rowBytes-1], bytes.Clone(good), bytes.Clone(good)
	state[1], family[0] = 13, unix.AF_UNIX
	for name, row := range map[string][]byte{"short": short, "state": state, "family": family} {
		if got, err := parseRow(row); err == nil {
			t.Errorf("%s: parsed to %s", name, got)
		}
	}
}

// living leaves out what earlier users of an ephemeral port may have left on it.
const living = allStates &^ (1 << StateTimeWait)

func livingStates() (states []State) {
	for s := StateEstablished; s <= StateClosing; s++ {
		if living.has(s) {
			states = append(states, s)
		}
	}
	return states
}

// The kernel filters by port itself, for the local and for the remote port, and by state.
func TestTheKernelFilters(t *testing.T) {
	d, err := openDiag()
	if err != nil {
		t.Skipf("no sock_diag here: %v", err)
	}
	t.Cleanup(func() { _ = d.close() })
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	client, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	port := uint16(ln.Addr().(*net.TCPAddr).Port)
	for _, c := range []struct {
		name   string
		states stateMask
		ports  string // local>remote, P for the port asked for
	}{
		{"all states of the living", living, "P>0 P>x x>P"},
		{"listening", 1 << StateListen, "P>0"},
		{"established", 1 << StateEstablished, "P>x x>P"},
		{"none such", 1 << StateCloseWait, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			q := question{family: unix.AF_INET, states: c.states, port: port, dump: true}
			err := d.ask(t.Context(), q, func(b []byte) error {
				row, err := parseRow(b)
				got = append(got, side(row.Local, port)+">"+side(row.Remote, port))
				return err
			})
			slices.Sort(got)
			if err != nil || strings.Join(got, " ") != c.ports {
				t.Errorf("the kernel sent %v, %v; want %s", got, err, c.ports)
			}
		})
	}
}

func side(a netip.AddrPort, port uint16) string {
	switch a.Port() {
	case port:
		return "P"
	case 0:
		return "0"
	}
	return "x"
}

func TestWithoutTheKernelsFilterTheAnswerIsTheSame(t *testing.T) {
	filtered, plainly := diagTable(t, false), diagTable(t, true)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	port := uint16(ln.Addr().(*net.TCPAddr).Port)
	want, err := filtered.Port(port, livingStates()...)
	if err != nil || len(want) != 3 {
		t.Fatalf("%v, %v, want three sockets", want, err)
	}
	if got, err := plainly.Port(port, livingStates()...); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func diagTable(t *testing.T, unfiltered bool) *Table {
	t.Helper()
	d, err := openDiag()
	if err != nil {
		t.Skipf("no sock_diag here: %v", err)
	}
	d.unfiltered = unfiltered
	t.Cleanup(func() { _ = d.close() })
	return &Table{source: d}
}

// procfs is the way where there is no sock_diag; it has to say the same of the same sockets.
func TestProcfsAgreesWithTheKernel(t *testing.T) {
	kernel := diagTable(t, false)
	p, err := openProc(procRoot)
	if err != nil {
		t.Fatal(err)
	}
	table := &Table{source: p}
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0"} {
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Skipf("this host has no IPv6: %v", err)
		}
		defer func() { _ = ln.Close() }()
		client, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = client.(*net.TCPConn).CloseWrite() // CLOSE_WAIT in the accept queue, FIN_WAIT2 here
		defer func() { _ = client.Close() }()
		port := uint16(ln.Addr().(*net.TCPAddr).Port)
		want := settled(t, kernel, port)
		got, err := table.Port(port, livingStates()...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i].Cookie = 0                                    // only sock_diag has it
			want[i].RecvQueueBytes, want[i].SendQueueBytes = 0, 0 // a listener's mean other things
		}
		for i := range got {
			got[i].RecvQueueBytes, got[i].SendQueueBytes = 0, 0
		}
		if len(want) != 3 || !slices.Equal(got, want) {
			t.Errorf("%s\n procfs    %v\n sock_diag %v", address, got, want)
		}
		for _, row := range want {
			found, ok, err := table.Lookup(row.Local, row.Remote)
			if err != nil || !ok || found.State != row.State {
				t.Errorf("lookup of %s by procfs: %s, %t, %v", row, found, ok, err)
			}
		}
	}
}

// settled reads a port after the FIN under way on it has been acknowledged.
func settled(t *testing.T, table *Table, port uint16) []Socket {
	t.Helper()
	limit := time.Now().Add(answerTimeout)
	for {
		rows, err := table.Port(port, livingStates()...)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(rows, func(s Socket) bool { return s.State == StateFinWait1 }) {
			return rows
		}
		if time.Now().After(limit) {
			t.Fatalf("a FIN is not acknowledged after %s: %v", answerTimeout, rows)
		}
		runtime.Gosched()
	}
}

// fakeSource answers as a source may that cannot be trusted.
type fakeSource struct {
	rows []Socket
	err  error
}

func (f fakeSource) name() string { return "fake" }
func (f fakeSource) close() error { return nil }
func (f fakeSource) port(context.Context, uint16, stateMask) ([]Socket, error) {
	return f.rows, f.err
}

func (f fakeSource) lookup(context.Context, netip.AddrPort, netip.AddrPort) (Socket, bool, error) {
	return Socket{}, false, f.err
}

func TestOpenTrustsOnlyWhatShowsOurListener(t *testing.T) {
	silent := func() (source, error) { return fakeSource{}, nil }
	broken := func() (source, error) { return fakeSource{err: unix.EPROTONOSUPPORT}, nil }
	absent := func() (source, error) { return nil, fmt.Errorf("open: %w", unix.EAFNOSUPPORT) }
	bare := func() (source, error) {
		p, err := openProc(t.TempDir()) // a /proc without net/tcp
		return p, err
	}

	if table, err := openTable([]func() (source, error){silent, broken, absent, bare}); err == nil {
		t.Errorf("opened by %s", table.Source())
	} else {
		for _, want := range []error{ErrUnknown, unix.EPROTONOSUPPORT, unix.EAFNOSUPPORT, os.ErrNotExist} {
			if !errors.Is(err, want) {
				t.Errorf("the error %q does not tell of %q", err, want)
			}
		}
	}

	proc := func() (source, error) { return openProc(procRoot) }
	table, err := openTable([]func() (source, error){silent, broken, absent, bare, proc})
	if err != nil || table.Source() != "procfs" {
		t.Fatalf("%v, want the fallback to procfs", err)
	}
	if err := table.Close(); err != nil {
		t.Error(err)
	}
}

func TestAGarbledProcIsUnknown(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "net"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "net/tcp"), []byte("header\n 0: nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := openProc(root)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := (&Table{source: p}).Port(1); !errors.Is(err, ErrUnknown) {
		t.Errorf("read %v, %v, want ErrUnknown", rows, err)
	}
}

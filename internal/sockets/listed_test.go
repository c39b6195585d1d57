package sockets

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// The rows are those of lsof on macOS and of GetExtendedTcpTable, as gopsutil gives them.
func TestListedRows(t *testing.T) {
	for _, c := range []struct {
		name string
		row  listed
		want string // of Socket.String, or in the error after "!"
	}{
		{"lsof connection", listed{"127.0.0.1", "127.0.0.1", 4002, 51000, false, "CLOSE_WAIT", 9}, "CLOSE_WAIT 127.0.0.1:4002 -> 127.0.0.1:51000 inode 0"},
		{"lsof listener", listed{"*", "", 4002, 0, true, "LISTEN", 9}, "LISTEN [::]:4002 -> [::]:0 inode 0"},
		{"lsof leftover", listed{"127.0.0.1", "127.0.0.1", 51000, 4002, false, "CLOSED", 9}, "CLOSE 127.0.0.1:51000 -> 127.0.0.1:4002 inode 0"},
		{"mapped", listed{"::ffff:127.0.0.1", "::ffff:127.0.0.1", 1, 2, true, "FIN_WAIT_2", 9}, "FIN_WAIT2 127.0.0.1:1 -> 127.0.0.1:2 inode 0"},
		{"Windows", listed{"0.0.0.0", "0.0.0.0", 4002, 0, false, "SYN_RECEIVED", 9}, "SYN_RECV 0.0.0.0:4002 -> 0.0.0.0:0 inode 0"},
		{"unknown state", listed{"127.0.0.1", "127.0.0.1", 1, 2, false, "ODD", 9}, `!unknown state "ODD"`},
		{"no state", listed{"127.0.0.1", "127.0.0.1", 1, 2, false, "", 9}, `!unknown state ""`},
		{"bad address", listed{"127.0.0", "127.0.0.1", 1, 2, false, "LISTEN", 9}, "!parse address"},
		{"bad port", listed{"127.0.0.1", "127.0.0.1", 1, 65536, false, "LISTEN", 9}, "!out of range"},
	} {
		t.Run(c.name, func(t *testing.T) {
			row, err := c.row.socket()
			if problem, ok := strings.CutPrefix(c.want, "!"); ok {
				if err == nil || !strings.Contains(err.Error(), problem) {
					t.Errorf("error %v, want %q", err, problem)
				}
				return
			}
			if err != nil || row.String() != c.want || row.PID != c.row.pid {
				t.Errorf("got %s of process %d, %v; want %s", row, row.PID, err, c.want)
			}
		})
	}
	if (listed{localPort: 40021, remotePort: 14002}).hasPort(4002) {
		t.Error("a port was matched by its digits")
	}
}

func TestRepeatedRowsCountOnce(t *testing.T) {
	at := func(port uint16, cookie uint64) Socket {
		return Socket{Local: netip.AddrPortFrom(netip.IPv6Loopback(), port), State: StateCloseWait, Cookie: cookie}
	}
	got := once([]Socket{at(2, 20), at(1, 10), at(2, 20), at(3, 0), at(3, 0)})
	// Without cookies two equal rows may be two sockets.
	want := []Socket{at(1, 10), at(2, 20), at(3, 0), at(3, 0)}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStatesHaveTheKernelsNumbersAndNames(t *testing.T) {
	for number, name := range map[State]string{
		1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT",
		7: "CLOSE", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 0: "State(0)", 12: "State(12)",
	} {
		if number.String() != name {
			t.Errorf("state %d is %s, want %s", uint8(number), number, name)
		}
	}
	if got, err := maskOf(nil); err != nil || got != 0xffe {
		t.Errorf("all states are %#x, %v", got, err)
	}
}

// mortal shows the canary until it dies without a word, as lsof may.
type mortal struct {
	canary netip.AddrPort
	dead   bool
}

func (m *mortal) name() string { return "mortal" }
func (m *mortal) close() error { return nil }
func (m *mortal) port(_ context.Context, port uint16, _ stateMask) ([]Socket, error) {
	if m.dead || port != m.canary.Port() {
		return nil, nil
	}
	return []Socket{{Local: m.canary, State: StateListen}}, nil
}

func (m *mortal) lookup(ctx context.Context, local, remote netip.AddrPort) (Socket, bool, error) {
	return scan(ctx, m, local, remote)
}

// An empty answer counts only beside a socket that has to be in it.
func TestAnEmptyAnswerIsProvedByTheCanary(t *testing.T) {
	bird, err := newCanary()
	if err != nil {
		t.Fatal(err)
	}
	src := &mortal{canary: bird.addr}
	table := &Table{source: src, canary: bird}
	defer func() { _ = table.Close() }()
	here := netip.MustParseAddrPort("127.0.0.1:1")
	if rows, err := table.Port(1); err != nil || len(rows) != 0 {
		t.Errorf("a living source gave %v, %v", rows, err)
	}
	if _, ok, err := table.Lookup(here, here); err != nil || ok {
		t.Errorf("a living source found %t, %v", ok, err)
	}
	src.dead = true
	if rows, err := table.Port(1); !errors.Is(err, ErrUnknown) {
		t.Errorf("a dead source gave %v, %v, want ErrUnknown", rows, err)
	}
	if _, _, err := table.Lookup(here, here); !errors.Is(err, ErrUnknown) {
		t.Errorf("a dead source gave %v, want ErrUnknown", err)
	}
}

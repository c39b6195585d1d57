package harness

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tap reads the first packets of connects to one port of the loopback interface. It needs
// CAP_NET_RAW; the kernel filters, so that nothing else ever reaches the harness.
type tap struct {
	file    *os.File
	dropped int // known after close
}

// tapBytes is what is read of a packet: an IP header of any length and a TCP header without
// options.
const tapBytes = 80

// openTap opens a packet socket for IPv4 on the loopback interface.
func openTap(gateway netip.AddrPort) (*tap, error) {
	if !gateway.Addr().Is4() || !gateway.Addr().IsLoopback() {
		return nil, fmt.Errorf("connects to %s cannot be seen: it is not on IPv4 loopback", gateway)
	}
	lo, err := loopback()
	if err != nil {
		return nil, err
	}
	// Without a protocol it receives nothing until it is bound, and by then the filter is there.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("connects that nobody accepts cannot be seen (packet socket: %w)", err)
	}
	program := firstPacketsTo(gateway.Port())
	err = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_IP), Ifindex: lo})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connects cannot be seen: %w", err), unix.Close(fd))
	}
	return &tap{file: os.NewFile(uintptr(fd), "packets of loopback")}, nil
}

func loopback() (index int, err error) {
	all, err := net.Interfaces()
	if err != nil {
		return 0, fmt.Errorf("find the loopback interface: %w", err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return i.Index, nil
		}
	}
	return 0, errors.New("find the loopback interface: there is none")
}

func bigEndian(v uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, v))
}

// firstPacketsTo is a filter for TCP packets to the port that open a connection: SYN without ACK.
// Offsets are from the IP header; jumps count instructions.
func firstPacketsTo(port uint16) []unix.SockFilter {
	const (
		protocol, fragment, target, flags = 9, 6, 2, 13
		fragmentOffset, synAndAck, syn    = 0x1fff, 0x12, 0x02
	)
	return []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: protocol},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.IPPROTO_TCP, Jf: 9},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: fragment},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: fragmentOffset, Jt: 7},
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 0},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_IND, K: target},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(port), Jf: 4},
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_IND, K: flags},
		{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: synAndAck},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: tapBytes},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
}

// next waits for a connect and tells who made it. After interrupt it fails.
func (t *tap) next() (client netip.AddrPort, sequence uint32, err error) {
	packet := make([]byte, tapBytes)
	for {
		n, err := t.file.Read(packet)
		if err != nil {
			return client, 0, err
		}
		if client, sequence, whole := opener(packet[:n]); whole {
			return client, sequence, nil
		}
	}
}

// opener reads who opens a connection from the headers of its first packet; the filter lets none
// through that is too short for them.
func opener(packet []byte) (client netip.AddrPort, sequence uint32, whole bool) {
	const addressesEnd, portsAndSequence = 20, 8
	if len(packet) < addressesEnd {
		return client, 0, false
	}
	header := 4 * int(packet[0]&0x0f)
	if len(packet) < header+portsAndSequence {
		return client, 0, false
	}
	address := netip.AddrFrom4([4]byte(packet[12:16]))
	port := binary.BigEndian.Uint16(packet[header:])
	return netip.AddrPortFrom(address, port), binary.BigEndian.Uint32(packet[header+4:]), true
}

// interrupt ends a next under way.
func (t *tap) interrupt() { _ = t.file.SetReadDeadline(time.Unix(1, 0)) }

// close hands over what was still to be read, and gives up the socket. No next may be under way.
func (t *tap) close(rest func(client netip.AddrPort, sequence uint32)) {
	defer t.file.Close()
	raw, err := t.file.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		for packet := make([]byte, tapBytes); ; {
			n, _, err := unix.Recvfrom(int(fd), packet, unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil {
				break
			}
			if client, sequence, whole := opener(packet[:n]); whole {
				rest(client, sequence)
			}
		}
		if s, err := unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			t.dropped = int(s.Drops)
		}
	})
}

// lost says that connects were missed; "" when none was.
func (t *tap) lost() string {
	if t.dropped > 0 {
		return count(t.dropped, "connects") + " came faster than they were read"
	}
	return ""
}

// failedDials is the kernel's count of connects that failed, over all programs in this network
// namespace.
func failedDials() (int, error) {
	text, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		return 0, err
	}
	var names, values [][]byte
	for _, line := range bytes.Split(text, []byte("\n")) {
		if fields := bytes.Fields(line); len(fields) > 0 && string(fields[0]) == "Tcp:" {
			names, values = values, fields
		}
	}
	for i, name := range names {
		if string(name) == "AttemptFails" && i < len(values) {
			return strconv.Atoi(string(values[i]))
		}
	}
	return 0, errors.New("read /proc/net/snmp: no AttemptFails")
}

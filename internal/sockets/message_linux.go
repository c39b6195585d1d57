package sockets

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Sizes and offsets are those of include/uapi/linux/inet_diag.h: inet_diag_req_v2 (56 bytes) with an
// inet_diag_sockid (48 bytes) at its end; inet_diag_msg (72 bytes) with one at offset 4.
const (
	headerBytes = unix.NLMSG_HDRLEN
	askBytes    = 56
	rowBytes    = 72
	askIDOffset = 8
	rowIDOffset = 4

	attrBytecode    = 1 // INET_DIAG_REQ_BYTECODE
	attrHeaderBytes = 4

	// The bytecode's instructions that are used here. A comparison is followed by a second
	// instruction's space, whose last two bytes are the port.
	opJump        = 1  // INET_DIAG_BC_JMP: always goes to "no"
	opLocalEqual  = 11 // INET_DIAG_BC_S_EQ
	opRemoteEqual = 12 // INET_DIAG_BC_D_EQ
)

// question is what is asked of sock_diag.
type question struct {
	family        byte // unix.AF_INET or unix.AF_INET6
	states        stateMask
	local, remote netip.AddrPort // for an exact lookup
	ifindex       uint32         // of link-local addresses in an exact lookup
	port          uint16         // for a dump: local or remote port, filtered in the kernel
	dump          bool
	unfiltered    bool // a dump of every port, for kernels without the comparisons above
}

// append puts the netlink message after buf.
func (q question) append(buf []byte, seq uint32) []byte {
	start := len(buf)
	flags := uint16(unix.NLM_F_REQUEST)
	if q.dump {
		flags |= unix.NLM_F_DUMP
	}
	buf = binary.NativeEndian.AppendUint32(buf, 0) // length, known at the end
	buf = binary.NativeEndian.AppendUint16(buf, unix.SOCK_DIAG_BY_FAMILY)
	buf = binary.NativeEndian.AppendUint16(buf, flags)
	buf = binary.NativeEndian.AppendUint32(buf, seq)
	buf = binary.NativeEndian.AppendUint32(buf, 0)
	buf = append(buf, q.family, unix.IPPROTO_TCP, 0, 0)
	buf = binary.NativeEndian.AppendUint32(buf, uint32(q.states))
	buf = q.appendID(buf)
	if q.dump && !q.unfiltered {
		buf = appendPortFilter(buf, q.port)
	}
	binary.NativeEndian.PutUint32(buf[start:], uint32(len(buf)-start))
	return buf
}

// appendID puts an inet_diag_sockid, with "any cookie" at its end. A dump leaves the rest zero.
func (q question) appendID(buf []byte) []byte {
	buf = binary.BigEndian.AppendUint16(buf, q.local.Port())
	buf = binary.BigEndian.AppendUint16(buf, q.remote.Port())
	for _, addr := range []netip.Addr{q.local.Addr(), q.remote.Addr()} {
		var field [16]byte
		switch {
		case !addr.IsValid():
		case q.family == unix.AF_INET:
			v4 := addr.As4()
			copy(field[:], v4[:])
		default:
			field = addr.As16()
		}
		buf = append(buf, field[:]...)
	}
	buf = binary.NativeEndian.AppendUint32(buf, q.ifindex)
	return binary.NativeEndian.AppendUint64(buf, ^uint64(0)) // INET_DIAG_NOCOOKIE
}

// appendPortFilter puts the attribute with a program for "local port == port or remote port == port".
// A jump counts from its own instruction; exactly the end accepts, four bytes more reject. The
// verifier walks the "yes" branches only and lets "no" jump nowhere else, so that "or" needs the jump
// in the middle (compare iproute2, ssfilter_bytecompile).
func appendPortFilter(buf []byte, port uint16) []byte {
	const programBytes = 8 + 4 + 8
	op := func(code, yes byte, no uint16) {
		buf = append(buf, code, yes)
		buf = binary.NativeEndian.AppendUint16(buf, no)
	}
	buf = binary.NativeEndian.AppendUint16(buf, attrHeaderBytes+programBytes)
	buf = binary.NativeEndian.AppendUint16(buf, attrBytecode)
	op(opLocalEqual, 8, 8+4) // yes: to the jump; no: past it
	op(0, 0, port)
	op(opJump, 4, 4+8) // to the end
	op(opRemoteEqual, 8, 8+4)
	op(0, 0, port)
	return buf
}

// parseRow reads an inet_diag_msg.
func parseRow(b []byte) (Socket, error) {
	if len(b) < rowBytes {
		return Socket{}, fmt.Errorf("row of %d bytes, want at least %d", len(b), rowBytes)
	}
	state := State(b[1])
	if !state.valid() {
		return Socket{}, fmt.Errorf("row in unknown state %d", b[1])
	}
	id := b[rowIDOffset:]
	local, err := parseAddr(b[0], id[4:20])
	if err != nil {
		return Socket{}, err
	}
	remote, err := parseAddr(b[0], id[20:36])
	if err != nil {
		return Socket{}, err
	}
	return Socket{
		Local:          netip.AddrPortFrom(local, binary.BigEndian.Uint16(id)),
		Remote:         netip.AddrPortFrom(remote, binary.BigEndian.Uint16(id[2:])),
		State:          state,
		Cookie:         uint64(binary.NativeEndian.Uint32(b[44:])) | uint64(binary.NativeEndian.Uint32(b[48:]))<<32,
		RecvQueueBytes: binary.NativeEndian.Uint32(b[56:]),
		SendQueueBytes: binary.NativeEndian.Uint32(b[60:]),
		Inode:          uint64(binary.NativeEndian.Uint32(b[68:])),
	}, nil
}

func parseAddr(family byte, field []byte) (netip.Addr, error) {
	switch family {
	case unix.AF_INET:
		return netip.AddrFrom4([4]byte(field)), nil
	case unix.AF_INET6:
		return netip.AddrFrom16([16]byte(field)).Unmap(), nil
	default:
		return netip.Addr{}, fmt.Errorf("row of unknown family %d", family)
	}
}

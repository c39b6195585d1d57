package sockets

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// errInterrupted is a dump during which the table changed so much that the kernel disowns it.
var errInterrupted = errors.New("the table changed while it was dumped")

// refusal is the kernel's answer that it will not or cannot tell.
type refusal struct{ unix.Errno }

func (r refusal) Unwrap() error { return r.Errno }

// answer reads the kernel's reply to question number seq. receive gives one datagram at a time, valid
// until the next call; row gets every inet_diag_msg. A dump that was interrupted is read to its end
// and then reported as errInterrupted. An errno from the kernel is a refusal.
func answer(receive func() ([]byte, error), seq uint32, dump bool, row func([]byte) error) error {
	var interrupted error
	for {
		datagram, err := receive()
		if err != nil {
			return err
		}
		for len(datagram) > 0 {
			if len(datagram) < headerBytes {
				return fmt.Errorf("%d bytes where a netlink header should be", len(datagram))
			}
			length := int(binary.NativeEndian.Uint32(datagram))
			if length < headerBytes || length > len(datagram) {
				return fmt.Errorf("netlink message of %d bytes in %d", length, len(datagram))
			}
			kind := binary.NativeEndian.Uint16(datagram[4:])
			flags := binary.NativeEndian.Uint16(datagram[6:])
			ours := binary.NativeEndian.Uint32(datagram[8:]) == seq
			body := datagram[headerBytes:length]
			datagram = datagram[min(aligned(length), len(datagram)):]
			if !ours {
				continue // a late reply to a question that was given up
			}
			if flags&unix.NLM_F_DUMP_INTR != 0 {
				interrupted = errInterrupted
			}
			switch kind {
			case unix.NLMSG_NOOP:
			case unix.NLMSG_DONE:
				return errors.Join(doneError(body), interrupted)
			case unix.NLMSG_ERROR:
				return kernelError(body)
			case unix.SOCK_DIAG_BY_FAMILY:
				if err := row(body); err != nil {
					return err
				}
				if !dump {
					return nil
				}
			default:
				return fmt.Errorf("netlink message of unknown type %d", kind)
			}
		}
	}
}

func aligned(length int) int {
	return (length + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1)
}

// doneError is what ends a dump: older kernels send nothing with it, others 0 or minus an errno.
func doneError(body []byte) error {
	if len(body) < 4 || binary.NativeEndian.Uint32(body) == 0 {
		return nil
	}
	return kernelError(body)
}

// kernelError is never nil: nothing here asks for an acknowledgement.
func kernelError(body []byte) error {
	if len(body) < 4 {
		return fmt.Errorf("netlink error of %d bytes", len(body))
	}
	code := int32(binary.NativeEndian.Uint32(body))
	if code >= 0 {
		return fmt.Errorf("netlink error with code %d", code)
	}
	return refusal{unix.Errno(-code)}
}

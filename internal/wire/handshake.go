package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// PreamblePrefix is what every client of API version 100 on sends first, without a length prefix.
const PreamblePrefix = "API\x00"

// maxGreetingBytes bounds the client's version string; real ones have under 64 bytes.
const maxGreetingBytes = 1024

// Preamble is a client's greeting: the versions that it can speak, and its connect options.
type Preamble struct {
	Min, Max Version
	Options  string // for example "+PACEAPI"; may be empty
}

// ErrNotAPI is a connection whose first four bytes are not "API\0": a port probe with data, a
// TLS client, HTTP, or a blind reconnect that sends a request without a handshake.
var ErrNotAPI = errors.New(`first bytes are not "API\0"`)

// AppendPreamble appends "API\0" and the length-prefixed version string.
func AppendPreamble(dst []byte, p Preamble) []byte {
	greeting := fmt.Sprintf("v%d..%d", p.Min, p.Max)
	if p.Options != "" {
		greeting += " " + p.Options
	}
	dst = append(dst, PreamblePrefix...)
	return AppendFrame(dst, []byte(greeting))
}

// ReadPreamble reads a client's greeting. It returns ErrNotAPI as soon as the first differing
// byte arrives, io.EOF for a connection that closes without a byte, and io.ErrUnexpectedEOF for
// one that closes inside the greeting.
func ReadPreamble(r io.Reader) (Preamble, error) {
	var prefix [len(PreamblePrefix)]byte
	for i := range prefix {
		if _, err := io.ReadFull(r, prefix[i:i+1]); err != nil {
			if i > 0 && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return Preamble{}, err
		}
		if prefix[i] != PreamblePrefix[i] {
			return Preamble{}, fmt.Errorf("read preamble: % x: %w", prefix[:i+1], ErrNotAPI)
		}
	}
	var length [lengthBytes]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return Preamble{}, insideFrame(err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 || n > maxGreetingBytes {
		return Preamble{}, fmt.Errorf("read preamble: version string of %d bytes, want 1..%d",
			n, maxGreetingBytes)
	}
	greeting := make([]byte, n)
	if _, err := io.ReadFull(r, greeting); err != nil {
		return Preamble{}, insideFrame(err)
	}
	return parseGreeting(string(greeting))
}

func insideFrame(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseGreeting reads "v100..225", "v178" (a client with one version), and options behind a blank.
func parseGreeting(greeting string) (Preamble, error) {
	versions, options, _ := strings.Cut(greeting, " ")
	versions, marked := strings.CutPrefix(versions, "v")
	from, to, isRange := strings.Cut(versions, "..")
	low, ok := parseVersion(from)
	high := low
	if isRange && ok {
		high, ok = parseVersion(to)
	}
	if !marked || !ok {
		return Preamble{}, fmt.Errorf("read preamble: version string %q, want like %q",
			greeting, "v100..225")
	}
	if high < low {
		return Preamble{}, fmt.Errorf("read preamble: version range %q is upside down", greeting)
	}
	return Preamble{Min: low, Max: high, Options: options}, nil
}

// parseVersion reads one to four digits.
func parseVersion(digits string) (v Version, ok bool) {
	const most = 4
	if len(digits) < 1 || len(digits) > most {
		return 0, false
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + Version(c-'0')
	}
	return v, true
}

// Negotiate is the version that a Gateway of the given maximum answers a client with: the smaller
// maximum, as real Gateways do. Whether the client can speak it is the client's to decide.
func Negotiate(serverMax Version, p Preamble) Version { return min(serverMax, p.Max) }

// Hello is a Gateway's answer to a preamble: always two text fields without a message id.
type Hello struct {
	Version Version
	Time    string // "20260824 22:27:38 CET"; the zone's name may contain spaces
}

// AppendHello appends the framed answer.
func AppendHello(dst []byte, h Hello) []byte {
	return AppendFrame(dst, fmt.Appendf(nil, "%d\x00%s\x00", h.Version, h.Time))
}

// ParseHello reads the payload of a Gateway's answer. Exactly two NUL-terminated fields are
// accepted: stock clients index past the end of shorter ones.
func ParseHello(payload []byte) (Hello, error) {
	fields := bytes.Split(payload, []byte{0})
	if len(fields) != 3 || len(fields[2]) != 0 {
		return Hello{}, fmt.Errorf("parse version reply %q: want two NUL-terminated fields, got %d",
			clip(payload), len(fields)-1)
	}
	v, err := strconv.Atoi(string(fields[0]))
	if err != nil || v < 0 {
		return Hello{}, fmt.Errorf("parse version reply: server version %q is not a number",
			clip(fields[0]))
	}
	return Hello{Version: Version(v), Time: string(fields[1])}, nil
}

// clip keeps error messages short whatever arrived.
func clip(b []byte) []byte {
	const shown = 64
	return b[:min(len(b), shown)]
}

// What a Gateway says to a client whose id another session has, before it closes (IBKR's message
// codes; the text as clients log it).
const (
	CodeClientIDInUse = 326
	TextClientIDInUse = "Unable to connect as the client id is already in use. " +
		"Retry with a unique client id."
)

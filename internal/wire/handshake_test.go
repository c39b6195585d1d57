package wire_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"ibsoak/internal/wire"
)

func TestReadPreamble(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		want       wire.Preamble
	}{
		{
			"range", "API\x00\x00\x00\x00\x09v100..225",
			wire.Preamble{Min: 100, Max: 225},
		},
		{
			"one version", "API\x00\x00\x00\x00\x04v178",
			wire.Preamble{Min: 178, Max: 178},
		},
		{
			"options", "API\x00\x00\x00\x00\x12v100..225 +PACEAPI",
			wire.Preamble{Min: 100, Max: 225, Options: "+PACEAPI"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := bytes.NewReader([]byte(c.sent + "next"))
			got, err := wire.ReadPreamble(iotest.OneByteReader(source))
			if err != nil || got != c.want {
				t.Fatalf("got %+v, %v, want %+v", got, err, c.want)
			}
			if source.Len() != len("next") {
				t.Errorf("%d bytes left after the greeting, want 4", source.Len())
			}
			if got.Min != got.Max {
				if sent := wire.AppendPreamble(nil, got); string(sent) != c.sent {
					t.Errorf("sends %q, want %q", sent, c.sent)
				}
			}
		})
	}
}

func TestReadPreambleErrors(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		is         error  // nil for one that is only text
		says       string // part of the text
		left       int    // bytes that must not have been read
	}{
		{"port probe", "", io.EOF, "EOF", 0},
		{"probe with a byte", "A", io.ErrUnexpectedEOF, "unexpected EOF", 0},
		{"TLS", "\x16\x03\x01\x02\x00", wire.ErrNotAPI, "16", 4},
		{"HTTP", "GET / HTTP/1.1\r\n", wire.ErrNotAPI, "47", 15},
		{"request without handshake", "\x00\x00\x00\x0549\x001\x00", wire.ErrNotAPI, "00", 8},
		{"pre-100 client", "63\x00", wire.ErrNotAPI, "36", 2},
		{"cut in the prefix", "API", io.ErrUnexpectedEOF, "unexpected EOF", 0},
		{"cut in the length", "API\x00\x00\x00", io.ErrUnexpectedEOF, "unexpected EOF", 0},
		{"cut in the greeting", "API\x00\x00\x00\x00\x09v100", io.ErrUnexpectedEOF, "unexpected EOF", 0},
		{"empty greeting", "API\x00\x00\x00\x00\x00", nil, "0 bytes, want 1..1024", 0},
		{"endless greeting", "API\x00\xff\xff\xff\xff", nil, "4294967295 bytes", 0},
		{"no version", "API\x00\x00\x00\x00\x04abcd", nil, `"abcd", want like "v100..225"`, 0},
		{"long version", "API\x00\x00\x00\x00\x06v12345", nil, `"v12345"`, 0},
		{"upside down", "API\x00\x00\x00\x00\x09v225..100", nil, "upside down", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := strings.NewReader(c.sent)
			_, err := wire.ReadPreamble(source)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want one that says %s", err, c.says)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %v is not %v", err, c.is)
			}
			if source.Len() != c.left {
				t.Errorf("%d bytes unread, want %d", source.Len(), c.left)
			}
		})
	}
}

func TestNegotiate(t *testing.T) {
	for _, c := range []struct {
		name             string
		server, min, max wire.Version
		want             wire.Version
	}{
		{"client older", 225, 157, 178, 178},
		{"server older", 200, 100, 225, 200},
		{"client needs more than there is", 200, 213, 225, 200},
		{"the same", 225, 100, 225, 225},
	} {
		got := wire.Negotiate(c.server, wire.Preamble{Min: c.min, Max: c.max})
		if got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestHello(t *testing.T) {
	hello := wire.Hello{Version: 200, Time: "20260405 23:49:38 Central European Standard Time"}
	frame := wire.AppendHello(nil, hello)
	want := "\x00\x00\x00\x35" + "200\x0020260405 23:49:38 Central European Standard Time\x00"
	if string(frame) != want {
		t.Errorf("frame %q, want %q", frame, want)
	}
	payload, err := wire.NewFrameReader(bytes.NewReader(frame)).Next()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := wire.ParseHello(payload); err != nil || got != hello {
		t.Errorf("parsed %+v, %v, want %+v", got, err, hello)
	}
}

func TestParseHelloErrors(t *testing.T) {
	for payload, says := range map[string]string{
		"":                        "got 0",
		"200\x00":                 "got 1",
		"200":                     "got 0",
		"200\x00time":             "got 1",
		"200\x00time\x00x\x00":    "got 3",
		"abc\x00time\x00":         `"abc" is not a number`,
		"-1\x00elsewhere:1\x00":   `"-1" is not a number`,
		"9\x001\x0020260101 \x00": "got 3",
	} {
		if _, err := wire.ParseHello([]byte(payload)); err == nil ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, want one that says %s", payload, err, says)
		}
	}
}

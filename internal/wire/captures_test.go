package wire_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"ibsoak/internal/testkit"
	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// capture opens a file of bytes that real Gateways sent. They are kept beside the project, not in
// it, so a checkout without them skips.
func capture(t *testing.T, name string) []byte {
	t.Helper()
	data, found := captureIfThere(t, name)
	if !found {
		t.Skipf("no capture %s beside the project: its bytes are not checked", name)
	}
	return data
}

func captureIfThere(t *testing.T, name string) (data []byte, found bool) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testkit.Captures(t), name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return data, err == nil
}

type capturedFrame struct {
	direction wire.Direction
	payload   []byte
}

// rawFrames reads the "raw client|server BASE64" lines of a transcript; each is a whole frame.
func rawFrames(t *testing.T, data []byte) []capturedFrame {
	t.Helper()
	var frames []capturedFrame
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) != 3 || words[0] != "raw" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(words[2])
		if err != nil {
			t.Fatalf("raw line %q: %v", line, err)
		}
		reader := wire.NewFrameReader(bytes.NewReader(raw))
		payload, err := reader.Next()
		if err != nil {
			t.Fatal(err)
		}
		if reader.Offset() != int64(len(raw)) {
			t.Fatalf("frame ends at byte %d of %d", reader.Offset(), len(raw))
		}
		frame := capturedFrame{direction: wire.FromServer, payload: payload}
		if words[1] == "client" {
			frame.direction = wire.FromClient
		}
		frames = append(frames, frame)
	}
	if len(frames) == 0 {
		t.Fatal("the transcript has no raw frames")
	}
	return frames
}

func TestCapturedProtobufFrames(t *testing.T) {
	kinds := make(map[wire.Kind]int)
	for _, frame := range rawFrames(t, capture(t, "v225-order-fill-aapl.txt")) {
		m, err := wire.Decode(frame.direction, frame.payload, 225)
		if err != nil {
			t.Fatal(err)
		}
		kinds[m.Kind]++
		again, err := wire.Payload(m, 225)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, frame.payload) {
			t.Errorf("%s encodes to\n%x\nthe Gateway's bytes are\n%x", m.Kind, again, frame.payload)
		}
		if unknown := m.Body.ProtoReflect().GetUnknown(); len(unknown) > 0 {
			t.Errorf("%s has fields %x that its type does not know", m.Kind, unknown)
		}
		if proto.Size(m.Body) != len(frame.payload)-4 {
			t.Errorf("%s: %d bytes of body, want %d", m.Kind, proto.Size(m.Body), len(frame.payload)-4)
		}
		if !t.Failed() {
			witness.Saw(m.Kind.String(), 225, witness.Capture)
		}
	}
	for _, want := range []wire.Kind{
		wire.ManagedAccounts, wire.NextValidID, wire.PlaceOrder, wire.OpenOrder, wire.OrderStatus,
		wire.ExecutionDetails, wire.CommissionReport, wire.ReqCurrentTime, wire.CurrentTime,
	} {
		if kinds[want] == 0 {
			t.Errorf("the capture has no %s: it is not the file that this test means", want)
		}
	}
}

func TestCapturedCompletedOrder(t *testing.T) {
	for _, frame := range rawFrames(t, capture(t, "v200/completed_orders_cancelled_system_live.txt")) {
		m, err := wire.Decode(frame.direction, frame.payload, 200)
		if err != nil {
			t.Fatal(err)
		}
		again, err := wire.Payload(m, 200)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, frame.payload) {
			t.Errorf("%s encodes to\n%q\nthe Gateway's bytes are\n%q", m.Kind, again, frame.payload)
			continue
		}
		witness.Saw(m.Kind.String(), 200, witness.Capture)
	}
}

// TestCapturedText walks the interactions recorded at version 173.
func TestCapturedText(t *testing.T) {
	frames := interactions(capture(t, "v173-interactions.yaml"))
	for _, frame := range frames {
		m, err := wire.Decode(frame.direction, frame.payload, 173)
		if err != nil {
			t.Errorf("%q: %v", frame.payload, err)
			continue
		}
		again, err := wire.Payload(m, 173)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, frame.payload) {
			t.Errorf("%s encodes to\n%q\nthe recorded bytes are\n%q", m.Kind, again, frame.payload)
			continue
		}
		witness.Saw(m.Kind.String(), 173, witness.Capture)
	}
	if len(frames) < 10 {
		t.Errorf("found %d messages, want all 13 of the recording", len(frames))
	}
}

// interactions reads the recording's payloads. The YAML spells a NUL as \0 inside double quotes.
func interactions(yaml []byte) []capturedFrame {
	direction := wire.FromClient
	var frames []capturedFrame
	for line := range strings.Lines(string(yaml)) {
		line = strings.TrimSpace(line)
		switch line {
		case "request:":
			direction = wire.FromClient
		case "responses:":
			direction = wire.FromServer
		}
		if _, raw, found := strings.Cut(line, `raw: "`); found {
			raw = strings.ReplaceAll(strings.TrimSuffix(raw, `"`), `\0`, "\x00")
			frames = append(frames, capturedFrame{direction, []byte(raw)})
		}
	}
	return frames
}

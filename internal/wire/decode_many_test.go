package wire_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"testing"
	"time"

	"ibsoak/internal/wire"
)

// TestDecodeManyMutations decodes frames that are nearly right, of every message, version and
// form: none makes the decoder panic or allocate out of proportion, and what decodes also encodes
// and stays what it is. WIRE_MUTATIONS is how many requests, WIRE_MUTATIONS_SEED where to start;
// there are a quarter as many answers. It runs on one core, for some 20 million a minute.
func TestDecodeManyMutations(t *testing.T) {
	const few = 40_000
	count, start := setting(t, "WIRE_MUTATIONS", few), setting(t, "WIRE_MUTATIONS_SEED", 1)
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // the garbage is much, small and short-lived
	for _, d := range []wire.Direction{wire.FromClient, wire.FromServer} {
		t.Run(d.String(), func(t *testing.T) { decodeMutations(t, d, count, start) })
		count /= 4
	}
}

func decodeMutations(t *testing.T, d wire.Direction, count, start int) {
	t.Helper()
	var versions []wire.Version
	for v := wire.MinVersion; v <= wire.MaxVersion; v++ {
		versions = append(versions, v)
	}
	m := &mutator{
		Rand:  rand.New(rand.NewPCG(uint64(start), uint64(d))),
		seeds: seeds(t, d, versions...),
	}
	began := time.Now()
	decoded := decodeMany(t, d, m, count)
	took := time.Since(began)
	t.Logf("%d of %d mutations of %d seeds decode; %v, %.0f a second", decoded, count,
		len(m.seeds), took.Round(time.Millisecond), float64(count)/took.Seconds())
	if decoded < count/20 || decoded > count*19/20 {
		t.Errorf("%d of %d mutations decode: they are too harsh or too mild to find much",
			decoded, count)
	}
}

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	value, set := os.LookupEnv(name)
	if !set {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is not a number", name, value)
	}
	return n
}

// decodeMany checks count payloads and says how many decode.
func decodeMany(t *testing.T, d wire.Direction, m *mutator, count int) (decoded int) {
	t.Helper()
	var payload []byte
	var version wire.Version
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%v\nat %d of %q", r, version, payload)
		}
	}()
	var spent allocations
	var trip roundTrip
	for i := range count {
		payload, version = m.next()
		if i%64 == 0 {
			payload = deframed(m.lyingFrame(payload))
		}
		spent.before(i)
		if trip.decodeAndBack(t, d, payload, version) {
			decoded++
		}
		if err := spent.after(i, len(payload)); err != nil {
			t.Fatalf("%v; the last was at %d %q", err, version, payload)
		}
	}
	return decoded
}

// deframed is what a reader makes of a stream: the first payload, or nothing.
func deframed(stream []byte) []byte {
	payload, err := wire.NewFrameReader(bytes.NewReader(stream)).Next()
	if err != nil {
		return nil
	}
	return payload
}

// allocations bounds what a batch of executions allocates. One alone cannot be measured: the
// runtime accounts for allocations by spans.
type allocations struct {
	sample  [1]metrics.Sample
	start   uint64
	payload int
}

const (
	batch = 128
	// eachBytes is an order with all its parts empty, decoded and encoded twice.
	eachBytes = 16 << 10
	// eachPayloadByte is what a byte may cost: a list's smallest item is a message of its own.
	eachPayloadByte = 256
)

func (a *allocations) before(i int) {
	if i%batch == 0 {
		a.payload, a.start = 0, a.read()
	}
}

func (a *allocations) after(i, payload int) error {
	a.payload += payload
	if (i+1)%batch != 0 {
		return nil
	}
	bound := uint64(batch*eachBytes + a.payload*eachPayloadByte)
	if n := a.read() - a.start; n > bound {
		return fmt.Errorf("%d payloads of %d bytes allocate %d bytes, more than %d",
			batch, a.payload, n, bound)
	}
	return nil
}

func (a *allocations) read() uint64 {
	a.sample[0].Name = "/gc/heap/allocs:bytes"
	metrics.Read(a.sample[:])
	return a.sample[0].Value.Uint64()
}

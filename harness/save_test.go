package harness

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"ibsoak/fakegateway/fault"
)

// Generators of records: every field that Judge reads takes values that no run would give it.
var (
	anyText   = rapid.StringMatching(`[ -~]{0,12}|"\\\x00ü\n`)
	anyMoment = rapid.Custom(func(t *rapid.T) Moment {
		return Moment(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "moment"))
	})
	anyAddr = rapid.Custom(func(t *rapid.T) netip.AddrPort {
		ip := rapid.SampledFrom([]string{"127.0.0.1", "::1", "10.0.0.7"}).Draw(t, "ip")
		return netip.AddrPortFrom(netip.MustParseAddr(ip), rapid.Uint16().Draw(t, "port"))
	})
	anyDecimal = rapid.Custom(func(t *rapid.T) decimal.Decimal {
		d, err := decimal.New(rapid.Int64().Draw(t, "coefficient"), rapid.IntRange(0, 8).Draw(t, "scale"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
	anyConnection = rapid.Custom(func(t *rapid.T) Connection {
		m := func(what string) Moment { return anyMoment.Draw(t, what) }
		c := Connection{
			ID: rapid.IntRange(1, 5).Draw(t, "id"), Life: rapid.IntRange(0, 4).Draw(t, "life"),
			Local: anyAddr.Draw(t, "local"), Remote: anyAddr.Draw(t, "remote"),
			Preamble: rapid.Bool().Draw(t, "preamble"), Planted: rapid.Bool().Draw(t, "planted"),
			Accepted: m("accepted"), PreambleRead: m("preamble"), BootstrapSent: m("bootstrap"),
			FirstRequested: m("request"), ClientFIN: m("cfin"), ClientRST: m("crst"),
			GatewayFIN: m("gfin"), GatewayRST: m("grst"), Closed: m("closed"), End: anyText.Draw(t, "end"),
		}
		if b := rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "first bytes"); len(b) > 0 {
			c.FirstBytes = b
		}
		if rapid.Bool().Draw(t, "has id") {
			c.ClientID = new(rapid.IntRange(0, 2).Draw(t, "client id"))
		}
		return c
	})
	anyLife = rapid.Custom(func(t *rapid.T) Life {
		return Life{
			Number: rapid.IntRange(1, 4).Draw(t, "number"), Started: anyMoment.Draw(t, "started"),
			TermSent: anyMoment.Draw(t, "term"), KillSent: anyMoment.Draw(t, "kill"),
			Exited: anyMoment.Draw(t, "exited"), ExitCode: rapid.IntRange(-1, 255).Draw(t, "code"),
			EndedBy: rapid.SampledFrom([]EndedBy{EndedItself, EndedSIGTERM, EndedKillAt}).Draw(t, "by"),
			Signal:  anyText.Draw(t, "signal"),
		}
	})
	anyCheck = rapid.Custom(func(t *rapid.T) Check {
		d := Detectors[rapid.IntRange(0, len(Detectors)-1).Draw(t, "detector")]
		return Check{
			Name: d.Name, Want: rapid.IntRange(0, 3).Draw(t, "want"),
			Within: time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "within")),
		}
	})
	anySighting = rapid.Custom(func(t *rapid.T) Sighting {
		return Sighting{
			Side:    rapid.SampledFrom([]Side{GatewaySide, TraderSide}).Draw(t, "side"),
			Gateway: anyAddr.Draw(t, "gateway"), Client: anyAddr.Draw(t, "client"),
			Inode: rapid.Uint64().Draw(t, "inode"), Before: anyMoment.Draw(t, "before"),
			First: anyMoment.Draw(t, "first"), Last: anyMoment.Draw(t, "last"), After: anyMoment.Draw(t, "after"),
		}
	})
	anySample = rapid.Custom(func(t *rapid.T) Sample {
		return Sample{
			Life: rapid.IntRange(1, 2).Draw(t, "life"), Cycle: rapid.IntRange(0, 99).Draw(t, "cycle"),
			At: anyMoment.Draw(t, "at"), FDs: rapid.IntRange(-1, 99).Draw(t, "fds"),
			RSSBytes: rapid.Int64Range(-1, 1<<40).Draw(t, "rss"),
		}
	})
	anyCycle = rapid.Custom(func(t *rapid.T) Cycle {
		return Cycle{Number: rapid.IntRange(1, 9).Draw(t, "n"), Life: 1, Connection: rapid.IntRange(1, 5).Draw(t, "conn"), Answered: anyMoment.Draw(t, "at")}
	})
	anyReceipt = rapid.Custom(func(t *rapid.T) Receipt {
		return Receipt{
			Fault: "f1", Planned: rapid.SampledFrom(fault.Actions()).Draw(t, "action"), Wire: anyText.Draw(t, "wire"),
			Connection: rapid.IntRange(0, 5).Draw(t, "conn"), At: anyMoment.Draw(t, "at"),
		}
	})
	anyRecord = rapid.Custom(func(t *rapid.T) *Record {
		r := &Record{
			Header: Header{
				Version: RecordVersion, Seed: rapid.Uint64().Draw(t, "seed"),
				TimeScale: rapid.Float64Range(0.1, 1000).Draw(t, "scale"), Gateway: anyAddr.Draw(t, "gateway"),
				Started: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "started"), 0).UTC(),
				Kernel:  rapid.SampledFrom([]string{"", "no netlink"}).Draw(t, "kernel"),
				Scenario: Scenario{
					Name: "any", Summary: anyText.Draw(t, "summary"), Checks: some(t, "checks", anyCheck),
					Subject: Subject{Mode: rapid.SampledFrom([]Mode{Once, Continuous}).Draw(t, "mode")},
				},
				Schedule: fault.Schedule{Faults: []fault.Fault{{ID: "f1"}}},
			},
			Lives: some(t, "lives", anyLife), Connections: some(t, "connections", anyConnection),
			Sightings: some(t, "sightings", anySighting), Samples: some(t, "samples", anySample),
			Cycles: some(t, "cycles", anyCycle), Receipts: some(t, "receipts", anyReceipt),
			Footer: Footer{Ended: anyMoment.Draw(t, "ended"), Stop: StopDone, Looks: rapid.IntRange(0, 9).Draw(t, "looks")},
		}
		r.Books.Taken = rapid.Bool().Draw(t, "taken")
		r.Books.Cash = some(t, "cash", rapid.Custom(func(t *rapid.T) Cash {
			return Cash{Account: "DU1", Opening: anyDecimal.Draw(t, "opening"), Balance: anyDecimal.Draw(t, "balance")}
		}))
		return r
	})
)

// some draws up to six values, and nil for none, as a saved record has it.
func some[T any](t *rapid.T, what string, g *rapid.Generator[T]) []T {
	if v := rapid.SliceOfN(g, 0, 6).Draw(t, what); len(v) > 0 {
		return v
	}
	return nil
}

// TestRecordSurvivesSaving shows that a saved record is the same record and gets the same
// verdict, byte for byte, and that no record whatever makes Judge panic.
func TestRecordSurvivesSaving(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		Judge(r)
		r = consistent(r)
		var saved bytes.Buffer
		if err := r.Write(&saved); err != nil {
			t.Fatal(err)
		}
		first := saved.String()
		loaded, err := Read(&saved)
		if err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if !reflect.DeepEqual(loaded, r) {
			t.Fatalf("loaded %+v\nwant   %+v", loaded, r)
		}
		var before, after bytes.Buffer
		if err := WriteJSON(&before, Judge(r)); err != nil {
			t.Fatal(err)
		}
		if err := WriteJSON(&after, Judge(loaded)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before.Bytes(), after.Bytes()) {
			t.Fatalf("verdict on the loaded record\n%s\nwant\n%s", after.String(), before.String())
		}
		if err := (Report{Dir: "dir"}).Write(&before, Judge(r)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestPassNeedsEvidence shows that no record without a connection is ever a pass or a fail,
// unless its lives said by their exit codes that they refused to connect.
func TestPassNeedsEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		r.Connections = nil
		r.Header.Scenario.Checks = append(r.Header.Scenario.Checks, Check{Name: "first-bytes"})
		if v := Judge(r); v.Outcome == Pass || v.Outcome == Fail {
			t.Fatalf("%s: %s", v.Outcome, v.Sentence)
		}
	})
}

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	r := twoSessions(sec, Check{Name: "recovery"})
	r.Dir = dir
	if err := r.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(loaded, r) {
		t.Errorf("loaded %+v\nwant   %+v", loaded, r)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v files, error %v; want the record alone", entries, err)
	}
	if _, err := Load(filepath.Join(dir, "elsewhere")); err == nil {
		t.Error("a record was loaded from a directory that does not exist")
	}
}

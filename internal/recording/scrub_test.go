package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func TestSaltIsOfTheRun(t *testing.T) {
	became := make(map[string]bool)
	for range 3 {
		s, err := NewScrubber(ScaleAmounts)
		if err != nil {
			t.Fatal(err)
		}
		became[s.account("DU9000001")] = true
	}
	if len(became) != 3 {
		t.Errorf("three runs make %d replacements of the same account: %v", len(became), became)
	}
}

// Relations that have a form of their own.
func TestReplacementsKeepTheirForm(t *testing.T) {
	s, err := NewScrubber(ScaleAmounts)
	if err != nil {
		t.Fatal(err)
	}
	if a := s.account("DU9000001"); !strings.HasPrefix(a, "DU") || len(a) != len("DU9000001") {
		t.Errorf("account %s", a)
	}
	if s.accounts("DU9000001,") != s.account("DU9000001")+"," {
		t.Error("the empty account at the end of a list of accounts is not kept")
	}
	first, corrected := s.execID("0000e0d5.69dd7411.01.01"), s.execID("0000e0d5.69dd7411.01.02")
	if first[:len(first)-1] != corrected[:len(corrected)-1] || !strings.HasSuffix(corrected, ".01.02") {
		t.Errorf("an execution %s and its correction %s", first, corrected)
	}
	for _, kept := range []int64{0, math.MaxInt32} {
		if s.permID(kept) != kept {
			t.Errorf("permanent id %d became %d", kept, s.permID(kept))
		}
	}
	for _, kept := range []float64{0, math.MaxFloat64, math.Inf(1)} {
		if s.amount(kept) != kept {
			t.Errorf("amount %v became %v", kept, s.amount(kept))
		}
	}
	for _, kept := range []string{"0", "0.00", "1.7976931348623157E308", ""} {
		if s.decimal(kept) != kept {
			t.Errorf("amount %q became %q", kept, s.decimal(kept))
		}
	}
	for tag, value := range map[string]string{
		"AccountType": "INDIVIDUAL", "Cushion": "0.987654", "DayTradesRemaining": "-1",
	} {
		if got := s.tagged(tag, value); got != value {
			t.Errorf("%s %s became %s", tag, value, got)
		}
	}
	if got := s.tagged("AccountCode", "DU9000001"); got != s.account("DU9000001") {
		t.Errorf("AccountCode became %s", got)
	}
}

func TestTextsKeepWhatIsNobodys(t *testing.T) {
	s, err := NewScrubber(ScaleAmounts)
	if err != nil {
		t.Fatal(err)
	}
	s.name("my strategy 7")
	s.name("alpha-")
	for original, want := range map[string]string{
		"OrderId 295 that needs to be cancelled is not found.": "",
		"Market data farm connection is OK:usfarm.nj":          "",
		"Order Canceled - reason:":                             "",
		"Account DU9000001 is not permitted.":                  "Account " + s.account("DU9000001") + " is not permitted.",
		"my strategy 7: no":                                    s.name("my strategy 7") + ": no",
		"alpha-.":                                              s.name("alpha-") + ".",
		"OCA_1426086046.":                                      fmt.Sprintf("OCA_%d.", s.permID(1426086046)),
		"EQUITY [1047.25 USD]":                                 "EQUITY [" + s.decimal("1047.25") + " USD]",
	} {
		if want == "" {
			want = original
		}
		if got := s.text(original); got != want {
			t.Errorf("%q became %q, want %q", original, got, want)
		}
	}
}

// What the codec cannot read is kept as a name and a length, and says so.
func TestUnknownFramesAreLeftOut(t *testing.T) {
	scrub, err := NewScrubber(ScaleAmounts)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	k := &entryWriter{file: newWriter(&out, Header{Scrubbed: true}), scrub: scrub, now: time.Now}
	secret := "DU9000001"
	for _, payload := range []string{
		"\x00\x00\x01\x8f" + secret,                 // protobuf of an id that does not exist
		"\x00\x00\x00\xd7\x0a\x30" + secret,         // managedAccounts, cut off
		"\x00\x00\x00\xd7\x7a\x09" + secret,         // managedAccounts with a field from the future
		"\x00\x00\x00\xd1\x08\x01\x7a\x09" + secret, // nextValidId with one
	} {
		raw := wire.AppendFrame(nil, []byte(payload))
		if err := k.frame(1, wire.FromServer, raw, 225); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.file.close(); err != nil {
		t.Fatal(err)
	}
	r, err := Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Entry{
		{Kind: "gateway", Bytes: 17},
		{Kind: "managedAccounts", Bytes: 19},
		{Kind: "managedAccounts"},
		{Kind: "nextValidId"},
	} {
		e := r.Entries[i]
		if i > 0 && e.Kind != want.Kind || e.Bytes != want.Bytes || e.Note == "" {
			t.Errorf("entry %d: %+v", i, e)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte(secret)) || bytes.Contains(e.Raw, []byte(secret)) {
			t.Errorf("entry %d: %s survives: %s", i, secret, text)
		}
	}
	if m, err := r.Entries[3].Message(225); err != nil || proto.Size(m.Body) != 2 {
		t.Errorf("what is known of nextValidId is not kept: %v %v", m, err)
	}
}

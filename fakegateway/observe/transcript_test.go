package observe

import (
	"testing"

	"pgregory.net/rapid"
)

// The ring keeps what a list would, whatever is added and read.
func TestTranscriptKeepsTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := transcript{limit: rapid.IntRange(1, 600).Draw(t, "limit")}
		var all []RawFrame
		for range rapid.IntRange(0, 2000).Draw(t, "frames") {
			f := RawFrame{Raw: make([]byte, rapid.IntRange(0, 9).Draw(t, "bytes"))}
			f.Seq = tr.add(f)
			all = append(all, f)
			if f.Seq != len(all) {
				t.Fatalf("frame %d got the number %d", len(all), f.Seq)
			}
		}
		noted := rapid.IntRange(-1, len(all)+1).Draw(t, "noted")
		tr.annotate(noted, "one")
		tr.annotate(noted, "two")
		after := rapid.IntRange(0, len(all)+1).Draw(t, "after")
		kept := all[max(0, len(all)-tr.limit):]
		want := all[min(len(all), max(after, len(all)-len(kept))):]
		got := tr.since(after)
		if len(got) != len(want) || tr.dropped != len(all)-len(kept) {
			t.Fatalf("%d frames and %d dropped, want %d and %d",
				len(got), tr.dropped, len(want), len(all)-len(kept))
		}
		bytes := 0
		for _, f := range kept {
			bytes += len(f.Raw)
		}
		if tr.bytes != bytes {
			t.Fatalf("%d bytes are counted, %d are kept", tr.bytes, bytes)
		}
		for i, f := range got {
			note := ""
			if f.Seq == noted {
				note = "one; two"
			}
			if f.Seq != want[i].Seq || len(f.Raw) != len(want[i].Raw) || f.Note != note {
				t.Fatalf("frame %d is %+v, want %+v and the note %q", i, f, want[i], note)
			}
		}
	})
}

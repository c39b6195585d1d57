package wire_test

import (
	"slices"
	"testing"

	"ibsoak/internal/wire"
)

// knownIDs are the ids of the official clients' message tables, first and last of each run.
var knownIDs = map[wire.Direction][][2]int{
	wire.FromClient: {{1, 25}, {49, 59}, {61, 109}},
	wire.FromServer: {{1, 21}, {45, 47}, {49, 59}, {61, 111}},
}

func TestKindsAreComplete(t *testing.T) {
	var want []wire.Kind
	for _, d := range []wire.Direction{wire.FromClient, wire.FromServer} {
		for _, run := range knownIDs[d] {
			for id := run[0]; id <= run[1]; id++ {
				want = append(want, wire.KindOf(d, id))
			}
		}
	}
	if got := wire.Kinds(); !slices.Equal(got, want) {
		t.Errorf("the kinds are\n%v, want\n%v", got, want)
	}
}

// TestTextForms says that all messages have one but those that came after the last text.
func TestTextForms(t *testing.T) {
	newest := []wire.Kind{
		wire.CancelContractData, wire.CancelHistoricalTicks, wire.ReqConfig, wire.UpdateConfig,
		wire.ConfigResponse, wire.UpdateConfigResponse,
	}
	for _, k := range wire.Kinds() {
		if got, want := wire.HasText(k), !slices.Contains(newest, k); got != want {
			t.Errorf("%s has a text form: %t", k, got)
		}
		if wire.NewBody(k) == nil {
			t.Errorf("%s has no body", k)
		}
	}
	for _, none := range []wire.Kind{
		wire.KindOf(wire.FromClient, 26), wire.KindOf(wire.FromServer, 1<<15),
	} {
		if none.Known() || wire.Since(none) != 0 || wire.NewBody(none) != nil {
			t.Errorf("%s is known", none)
		}
	}
}

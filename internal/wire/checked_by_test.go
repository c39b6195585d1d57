package wire_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"ibsoak/internal/wire"
)

var writeCheckedBy = flag.Bool("write-checked-by", false,
	"write "+checkedByName+" instead of comparing with it")

// checkedByName says of each message in which form it goes at some versions, and whose bytes or
// whose decoder the codec is compared with.
const checkedByName = "testdata/checked-by.tsv"

const captures = "capture" // of real Gateways

// TestCheckedBy keeps that table true. No message is checked by nobody.
func TestCheckedBy(t *testing.T) {
	checkers := map[string]map[wire.Kind]bool{
		"ibapi": checkedByStockClient(), "stoqey": checkedByStoqey(t), "spelled": spelledKinds(),
		captures: capturedKinds(t),
	}
	versions := []wire.Version{178, 193, 200, 206, 213, 225}
	var table strings.Builder
	header := strings.ReplaceAll(strings.Trim(fmt.Sprint(versions), "[]"), " ", "\t")
	fmt.Fprintf(&table, "sender\tid\tmessage\t%s\tchecked by\n", header)
	for _, k := range wire.Kinds() {
		fmt.Fprintf(&table, "%s\t%d\t%s\t", k.Direction(), k.ID(), k)
		var forms, by []string
		for _, v := range versions {
			form := "-"
			if v >= wire.Since(k) {
				form = strings.Fields(wire.FormAt(k, v).String())[0]
			}
			forms = append(forms, form)
		}
		for _, checker := range []string{captures, "ibapi", "stoqey", "spelled"} {
			if checkers[checker][k] {
				by = append(by, checker)
			}
		}
		if len(by) == 0 {
			t.Errorf("%s is checked by nobody", k)
		}
		fmt.Fprintf(&table, "%s\t%s\n", strings.Join(forms, "\t"), strings.Join(by, " "))
	}
	if *writeCheckedBy {
		if err := os.WriteFile(checkedByName, []byte(table.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Skip("wrote the table")
	}
	data, err := os.ReadFile(checkedByName)
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	if checkers[captures] == nil {
		t.Log("no captures beside the project: what they check is not compared")
		want = strings.ReplaceAll(want, "\t"+captures+" ", "\t")
	}
	if got := table.String(); got != want {
		t.Errorf("%s is not what is checked: write it with -write-checked-by\n%s", checkedByName, got)
	}
}

// checkedByStockClient are the kinds of the tables that tests give to github.com/scmhub/ibapi,
// and those with tests of their own.
func checkedByStockClient() map[wire.Kind]bool {
	kinds := map[wire.Kind]bool{
		wire.StartAPI: true, wire.PlaceOrder: true, wire.CancelOrder: true,
		wire.ReqGlobalCancel: true, wire.OpenOrder: true, wire.CompletedOrder: true,
		wire.ContractData: true,
	}
	for _, r := range plainRequests(wire.MaxVersion) {
		kinds[r.kind] = true
	}
	for _, a := range allAnswers(wire.MaxVersion) {
		kinds[a.kind] = true
	}
	return kinds
}

func checkedByStoqey(t *testing.T) map[wire.Kind]bool {
	t.Helper()
	const newest = 193
	kinds := make(map[wire.Kind]bool)
	for call := range stoqeyFrames(t, newest) {
		name, _, _ := strings.Cut(call, "_")
		if k, ok := wire.ParseKind(name); ok {
			kinds[k] = true
		}
	}
	for _, m := range toldToStoqey(newest) {
		if !misreadByStoqey(m.Kind, newest) {
			kinds[m.Kind] = true
		}
	}
	return kinds
}

func spelledKinds() map[wire.Kind]bool {
	kinds := make(map[wire.Kind]bool)
	for _, c := range spelled {
		kinds[c.kind] = true
	}
	return kinds
}

// capturedKinds are those in the captures that captures_test.go reads; nil without the captures.
func capturedKinds(t *testing.T) map[wire.Kind]bool {
	t.Helper()
	kinds := make(map[wire.Kind]bool)
	for name, v := range map[string]wire.Version{
		"v225-order-fill-aapl.txt": 225, "v173-interactions.yaml": 173,
		"v200/completed_orders_cancelled_system_live.txt": 200,
	} {
		data, found := captureIfThere(t, name)
		if !found {
			return nil
		}
		frames := interactions(data)
		if strings.HasSuffix(name, ".txt") {
			frames = rawFrames(t, data)
		}
		for _, frame := range frames {
			k, _, _, err := wire.Identify(frame.direction, frame.payload, v)
			if err != nil {
				t.Fatal(err)
			}
			kinds[k] = true
		}
	}
	return kinds
}

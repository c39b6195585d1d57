package fakegateway_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/catalogue"
)

// TestConfigGoesThroughJSON shows that a Gateway in a process of its own is the Gateway that was
// asked for.
func TestConfigGoesThroughJSON(t *testing.T) {
	for _, e := range catalogue.All() {
		text, err := json.Marshal(e.Config)
		if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		var got fakegateway.Config
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if !reflect.DeepEqual(got, e.Config) {
			t.Errorf("%s:\n%+v\nwant\n%+v", e.ID, got, e.Config)
		}
	}
}

package harness_test

import (
	"path/filepath"
	"testing"

	"ibsoak/harness"
)

// TestExamine wants every condition to say what was found, and one that is not met what to do.
func TestExamine(t *testing.T) {
	dir := t.TempDir()
	for place, hopeless := range map[string]bool{
		filepath.Join(dir, "not", "made", "yet"): false,
		"/dev/null/runs":                         true,
	} {
		for _, c := range harness.Examine(t.Context(), place) {
			if c.Name == "" || c.Found == "" {
				t.Errorf("%+v says nothing", c)
			}
			if met := c.State == harness.Healthy; met != (c.Without == "") || met != (c.Do == "") {
				t.Errorf("%+v: what is missed and what to do stand beside what is not met, and only there", c)
			}
			if got := c.State == harness.Hopeless; c.Name == "records" && got != hopeless {
				t.Errorf("records in %s: %+v", place, c)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

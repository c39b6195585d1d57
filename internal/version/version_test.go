package version

import (
	"runtime/debug"
	"testing"
)

func TestText(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0d3f72d1aabbccdd"}}
	changed := append([]debug.BuildSetting{{Key: "vcs.modified", Value: "true"}}, commit...)
	for want, info := range map[string]debug.BuildInfo{
		"v1.2.3 go1.26":            {Main: debug.Module{Version: "v1.2.3"}, Settings: nil},
		"(devel) 0d3f72d1 go1.26":  {Main: debug.Module{Version: "(devel)"}, Settings: commit},
		"(devel) 0d3f72d1+ go1.26": {Main: debug.Module{Version: "(devel)"}, Settings: changed},
		"v0.1-0d3f72d1aabb go1.26": {Main: debug.Module{Version: "v0.1-0d3f72d1aabb"}, Settings: commit},
		"(devel) go1.26":           {Main: debug.Module{Version: "(devel)"}},
	} {
		info.GoVersion = "go1.26"
		if got := text(&info); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if String() == "" {
		t.Error("this program says nothing")
	}
}

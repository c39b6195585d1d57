package cli

import (
	"runtime/debug"
	"strings"
)

// version names what this program was built from, as Go has put it in: "v1.2.3", or "(devel) 0d3f72d1" with a
// plus when the source was changed since that commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	const short = 8 // characters of a commit
	if commit := settings["vcs.revision"]; commit != "" && !strings.Contains(v, commit[:min(short, len(commit))]) {
		v += " " + commit[:min(short, len(commit))]
		if settings["vcs.modified"] == "true" {
			v += "+"
		}
	}
	return v
}

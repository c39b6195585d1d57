// Package version says what a program of this module was built from. It owns that one text, and must
// not know any program.
package version

import (
	"runtime/debug"
	"strings"
)

// String is what Go has put into the program: "v1.2.3", or "(devel) 0d3f72d1" for a commit, with a plus
// when the source was changed since.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return text(info)
}

func text(info *debug.BuildInfo) string {
	const short = 8 // characters of a commit
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	v := info.Main.Version
	commit := settings["vcs.revision"]
	if commit = commit[:min(short, len(commit))]; commit != "" && !strings.Contains(v, commit) {
		v += " " + commit
		if settings["vcs.modified"] == "true" {
			v += "+"
		}
	}
	return v + " " + info.GoVersion
}

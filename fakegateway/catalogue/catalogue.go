// Package catalogue is the known ways in which clients lost a Gateway, each as a settings file that
// a fake Gateway runs. The files are there to be read, copied and changed: a copy runs with
// fakegateway --settings FILE.
//
// An entry's ID is the number of the failure mode (F01..F51) with a letter for each variant.
package catalogue

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ibsoak/fakegateway"
)

// files are named ID-name.yaml.
//
//go:embed *.yaml
var files embed.FS

// Entry is one way to lose a Gateway.
type Entry struct {
	ID   string // "F51a"
	Name string // "reset-before-ack"
	// Text is the settings file.
	Text string
	// Config is what the file says. About has what happens, and what is seen on the wire.
	Config fakegateway.Config
}

const modeLength = len("F51")

// Mode is the failure mode of which the entry is a variant.
func (e Entry) Mode() string { return e.ID[:modeLength] }

// All is every entry, by ID.
func All() []Entry { return slices.Clone(all()) }

// all reads the files once. They are part of the program: one that cannot be read is a mistake in
// it, which the package's tests find.
var all = sync.OnceValue(func() []Entry {
	names, err := files.ReadDir(".")
	if err != nil {
		panic(err)
	}
	entries := make([]Entry, 0, len(names))
	for _, file := range names {
		text, err := files.ReadFile(file.Name())
		if err != nil {
			panic(err)
		}
		config, err := fakegateway.ParseConfig(file.Name(), text)
		if err != nil {
			panic(err)
		}
		id, name, _ := strings.Cut(strings.TrimSuffix(file.Name(), ".yaml"), "-")
		entries = append(entries, Entry{ID: id, Name: name, Text: string(text), Config: config})
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.ID, b.ID) })
	return entries
})

// Named finds an entry by its ID, by its name, or the first of a failure mode ("F51"); upper and
// lower case are the same.
func Named(name string) (Entry, error) {
	for _, match := range []func(Entry) string{
		func(e Entry) string { return e.ID },
		func(e Entry) string { return e.Name },
		Entry.Mode,
	} {
		i := slices.IndexFunc(all(), func(e Entry) bool { return strings.EqualFold(match(e), name) })
		if i >= 0 {
			return all()[i], nil
		}
	}
	ids := make([]string, len(all()))
	for i, e := range all() {
		ids[i] = e.ID
	}
	return Entry{}, fmt.Errorf("catalogue entry %q: want one of %s", name, strings.Join(ids, ", "))
}

package strictyaml_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ibsoak/internal/strictyaml"
)

type file struct {
	Name   string        `yaml:"name"`
	Wait   time.Duration `yaml:"wait"`
	Count  int           `yaml:"count"`
	On     bool          `yaml:"on"`
	Rooms  []room        `yaml:"rooms"`
	Hidden func()        `yaml:"-"`
	Part   `yaml:",inline"`
}

// Part is inlined, so it must be exported.
type Part struct {
	Door *door `yaml:"door"`
}

type room struct {
	Colour string `yaml:"colour"`
	Door   door   `yaml:"door"`
	// Open has a key in JSON's words only.
	Open time.Duration `json:"open,omitempty"`
}

type door struct {
	Key string `yaml:"key"`
}

func TestDecode(t *testing.T) {
	var f file
	text := "name: a\nwait: 1.5s\nrooms:\n- colour: red\n  door: {key: k}\ndoor:\n  key: 'front'\n"
	if err := strictyaml.Decode("f.yaml", []byte(text), &f); err != nil {
		t.Fatal(err)
	}
	if f.Wait != 1500*time.Millisecond || f.Rooms[0].Door.Key != "k" || f.Door.Key != "front" {
		t.Errorf("%+v", f)
	}
	for _, empty := range []string{"", "\n", "# nothing\n", "---\n", "# nothing\n---\n# nothing\n", "{}\n"} {
		if err := strictyaml.Decode("f.yaml", []byte(empty), &f); err != nil || f.Name != "a" {
			t.Errorf("%q: %v, %+v; want what was there before", empty, err, f)
		}
	}
}

func TestErrorsSayWhereAndWhatIsAllowed(t *testing.T) {
	for text, want := range map[string]string{
		"nam: a":                                        `f.yaml:1:1: unknown key "nam": want name, wait, count, on, rooms, door`,
		"door:\n  kee: 1":                               `f.yaml:2:3: unknown key "kee": want key`,
		"rooms:\n- color: red":                          `f.yaml:2:3: unknown key "color": want colour, door, open`,
		"rooms: [{color: red}]":                         `f.yaml:1:10: unknown key "color": want colour, door, open`,
		"rooms:\n- door: {kee: 1}":                      `f.yaml:2:10: unknown key "kee": want key`,
		"rooms: [{colour: a, e: 1}]":                    `unknown key "e": want colour, door, open`,
		"rooms: [{door: {key: a}, e: 1}]":               `unknown key "e": want colour, door, open`,
		"rooms:\n- door: {key: a}\n  colour: b\nend: 1": `f.yaml:4:1: unknown key "end": want name`,
		"count: many":                                   `f.yaml:1:8: count: "many": want a whole number`,
		"on: perhaps":                                   `f.yaml:1:5: "perhaps": want true or false`,
		"wait: 5":                                       `like 1.5s or 2m`,
		"name: a\nwait: soon":                           `f.yaml:2:7: time: invalid duration "soon"`,
		"rooms:\n- door: {key: k}\n  open: soon":        `f.yaml:3:9: time: invalid duration "soon"`,
		"rooms: red":                                    "f.yaml:1:8: string was used",
		"name: a\n---\nname: b":                         "f.yaml: want one YAML document",
		"name: [":                                       "f.yaml:1",
		"- 1":                                           "f.yaml:1:1",
	} {
		err := strictyaml.Decode("f.yaml", []byte(text), new(file))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: more than a line: %v", text, err)
		}
	}
	if err := strictyaml.Decode("f.yaml", make([]byte, strictyaml.MaxFileBytes+1), new(file)); err == nil {
		t.Error("a file that is too large was read")
	}
}

func TestPlace(t *testing.T) {
	data := []byte("name: a\nrooms:\n- colour: red\n  door: {key: k}\n")
	for path, want := range map[string]string{
		"$.rooms[0].door.key": "f.yaml:4:15",
		"$.rooms[0].door.no":  "f.yaml:4:9",
		"$.rooms[7].door":     "f.yaml:3:1",
		"$.none":              "f.yaml",
	} {
		if got := strictyaml.Place("f.yaml", data, path); got != want {
			t.Errorf("%s is at %s, want %s", path, got, want)
		}
	}
}

func TestWhatTheParserCannotBearIsRefused(t *testing.T) {
	const size = 100_000
	fill := func(text string) string { return strings.Repeat(text, size/len(text)) }
	steps := ""
	for i := 0; len(steps) < size; i++ {
		steps += strings.Repeat(" ", i) + "a:\n"
	}
	var keys strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
	}
	const deep = "nested deeper than 50 levels"
	for text, want := range map[string]string{
		fill("["):       "f.yaml:1:51: " + deep,
		fill("{"):       "f.yaml:1:51: " + deep,
		fill("- "):      "f.yaml:1:101: " + deep,
		fill("a: {"):    "f.yaml:1:200: " + deep,
		fill("? "):      "f.yaml:1:101: " + deep,
		steps:           "f.yaml:51:51: " + deep,
		fill("&a "):     "f.yaml:1:",
		fill("\""):      "f.yaml:1:3: value is not allowed",
		keys.String():   "f.yaml:1001:1: more than 1000 keys",
		fill("k") + ":": "f.yaml:1:1: a key of 100000 bytes: want at most 256",
	} {
		err := strictyaml.Decode("f.yaml", []byte(text), new(file))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.10q…:\n got %.100v\nwant %s", text, err, want)
		}
	}
	many := "rooms:\n" + strings.Repeat("- {colour: '[[[[', door: {key: \"{{{\"}}\n- colour: red # [[[\n", 100)
	if err := strictyaml.Decode("f.yaml", []byte(many), new(file)); err != nil {
		t.Errorf("a long flat file: %v", err)
	}
}

func TestNoFractionIsCut(t *testing.T) {
	type numbers struct {
		Runs  int            `yaml:"runs"`
		Seed  uint64         `yaml:"seed"`
		Exits []int          `yaml:"exits"`
		Most  map[string]int `yaml:"most"`
		At    *int64         `yaml:"at"`
		Scale float64        `yaml:"scale"`
		Under struct {
			N int `yaml:"n"`
		} `yaml:"under"`
	}
	for text, want := range map[string]string{
		"runs: 1.5":                          `1:7: runs: "1.5"`,
		"runs: '1.5'":                        `1:7: runs: "1.5"`,
		"runs: !!int 1.5":                    `1:12: runs: "1.5"`, // the lexer's column
		"runs: -1e300":                       `1:7: runs: "-1e300"`,
		"runs: .nan":                         `1:7: runs: ".nan"`,
		"runs: -.inf":                        `1:7: runs: "-.inf"`,
		"seed: 0.5":                          `1:7: seed: "0.5"`,
		"exits: [0.7, 1]":                    `1:9: exits: "0.7"`,
		"exits:\n- 0\n- 1.2":                 `3:3: exits: "1.2"`,
		"most: {a: 2.5}":                     `1:11: a: "2.5"`,
		"at: 3.9":                            `1:5: at: "3.9"`,
		"under:\n  n: 2.7":                   `2:6: n: "2.7"`,
		"scale: &f 1.5\nruns: *f":            `1:11: runs: "1.5"`,
		"under: &u {n: 1}\n<<: {runs: 1.25}": `2:12: runs: "1.25"`,
	} {
		err := strictyaml.Decode("f.yaml", []byte(text), new(numbers))
		if err == nil || err.Error() != "f.yaml:"+want+": want a whole number" {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
	var n numbers
	text := "{runs: 2.0, seed: 18446744073709551615, exits: [1e3, 0x10, -4], scale: 1.5}"
	if err := strictyaml.Decode("f.yaml", []byte(text), &n); err != nil || n.Runs != 2 || n.Seed != 1<<64-1 ||
		n.Exits[0] != 1000 || n.Exits[1] != 16 || n.Exits[2] != -4 || n.Scale != 1.5 {
		t.Errorf("%+v, %v", n, err)
	}
}

package recording

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"ibsoak/internal/wire"
)

// Transcript is a recording that somebody else has published, in one of two forms: lines of messages,
// decoded or in base64, or a YAML file of requests and responses.
type Transcript struct {
	Sessions []Session
}

// Session is one connection of a Transcript. It begins with the version reply.
type Session struct {
	Version wire.Version
	Time    string // in the version reply; can be empty
	Lines   []Line
	// Headless means that the Gateway's first messages, before the first request, are not in it.
	Headless bool
}

// Line is one message of a Session.
type Line struct {
	Message wire.Message
	// Partial means that the publisher has decoded it: fields that the line does not name are not known.
	Partial bool
	// After is the pause before the message.
	After time.Duration
	// Number is the line's number in the file, from 1.
	Number int
}

// ParseTranscript reads a transcript. name is the file's; errors contain it and the line.
func ParseTranscript(name string, data []byte) (*Transcript, error) {
	if bytes.HasPrefix(data, []byte("header:")) {
		t, err := parseInteractions(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return t, nil
	}
	p := lineParser{ids: make(map[string]int)}
	for number, text := range bytes.Split(data, []byte("\n")) {
		line := strings.TrimSpace(string(text))
		if line == "" || line[0] == '#' {
			continue
		}
		p.number = number + 1
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, p.number, err)
		}
	}
	if len(p.t.Sessions) == 0 {
		return nil, fmt.Errorf("%s: no handshake line: want a recording's or a transcript's lines", name)
	}
	return &p.t, nil
}

// lineParser reads lines of the form WORD KIND JSON.
type lineParser struct {
	t      Transcript
	open   bool // the last session has not ended
	ids    map[string]int
	after  time.Duration
	number int
}

func (p *lineParser) line(text string) error {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "handshake":
		return p.handshake(rest)
	case "client", "server":
		return p.decoded(word, rest)
	case "raw":
		return p.raw(rest)
	case "sleep":
		d, err := time.ParseDuration(rest)
		p.after += d
		if err != nil {
			return fmt.Errorf("sleep %q: want a number and a unit, like 100ms", rest)
		}
		return nil
	case "disconnect":
		p.open, p.after = false, 0
		return nil
	}
	return fmt.Errorf("line %q…: want handshake, client, server, raw, sleep or disconnect",
		word[:min(len(word), 20)])
}

func (p *lineParser) handshake(text string) error {
	var hello struct {
		Version int    `json:"server_version"`
		Time    string `json:"connection_time"`
	}
	if err := json.Unmarshal([]byte(text), &hello); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	if v := wire.Version(hello.Version); v < wire.MinVersion || v > wire.MaxVersion {
		return fmt.Errorf("handshake: server version %d: want %d to %d",
			v, wire.MinVersion, wire.MaxVersion)
	}
	p.open = true
	p.t.Sessions = append(p.t.Sessions, Session{
		Version: wire.Version(hello.Version), Time: hello.Time,
	})
	return nil
}

// session returns the open session.
func (p *lineParser) session() (*Session, error) {
	if !p.open {
		return nil, errors.New("a message outside a session: want a handshake line before it")
	}
	return &p.t.Sessions[len(p.t.Sessions)-1], nil
}

// raw reads a frame in base64.
func (p *lineParser) raw(text string) error {
	s, err := p.session()
	if err != nil {
		return err
	}
	who, code, _ := strings.Cut(text, " ")
	frame, err := base64.StdEncoding.DecodeString(strings.TrimSpace(code))
	if err != nil {
		return fmt.Errorf("raw %s: %w", who, err)
	}
	payload, err := wire.NewFrameReader(bytes.NewReader(frame)).Next()
	if err != nil {
		return fmt.Errorf("raw %s: %w", who, err)
	}
	if len(payload)+framePrefixBytes != len(frame) {
		return fmt.Errorf("raw %s: %d bytes follow the frame",
			who, len(frame)-len(payload)-framePrefixBytes)
	}
	d := wire.FromServer
	if who == "client" {
		d = wire.FromClient
	}
	m, err := wire.Decode(d, payload, s.Version)
	if err != nil {
		return fmt.Errorf("raw %s: %w", who, err)
	}
	p.add(s, Line{Message: m})
	return nil
}

// decoded reads a message in its publisher's words.
func (p *lineParser) decoded(who, text string) error {
	s, err := p.session()
	if err != nil {
		return err
	}
	kind, data, _ := strings.Cut(text, " ")
	form, ok := lineForms[who+" "+kind]
	if !ok {
		return fmt.Errorf("%s %s: no such message in this form of transcript", who, kind)
	}
	decoder := json.NewDecoder(strings.NewReader(data))
	decoder.UseNumber()
	var words map[string]any
	if err := decoder.Decode(&words); err != nil {
		return fmt.Errorf("%s %s: %w", who, kind, err)
	}
	m, err := form.message(words, p.id)
	if err != nil {
		return fmt.Errorf("%s %s: %w", who, kind, err)
	}
	if form.list != "" && p.after == 0 && len(s.Lines) > 0 {
		if last := &s.Lines[len(s.Lines)-1]; form.join(last.Message, m) {
			return nil
		}
	}
	p.add(s, Line{Message: m, Partial: true})
	return nil
}

func (p *lineParser) add(s *Session, l Line) {
	l.Number, l.After, p.after = p.number, p.after, 0
	s.Lines = append(s.Lines, l)
}

// id returns the number for a placeholder like $req1: equal placeholders have equal numbers.
func (p *lineParser) id(word string) int {
	if p.ids[word] == 0 {
		p.ids[word] = len(p.ids) + 1
	}
	return p.ids[word]
}

// interactions is the YAML form: requests and their responses, each as the fields of a text message.
type interactions struct {
	Header struct {
		ServerVersion int    `yaml:"server_version"`
		RecordedAt    string `yaml:"recorded_at"`
	} `yaml:"header"`
	Interactions []struct {
		Name    string `yaml:"name"`
		Request struct {
			Raw string `yaml:"raw"`
		} `yaml:"request"`
		Responses []struct {
			Raw string `yaml:"raw"`
		} `yaml:"responses"`
	} `yaml:"interactions"`
}

// recordedForm is the form of the time in the header.
const recordedForm = "2006-01-02 15:04:05.999999999 -07:00:00"

func parseInteractions(data []byte) (*Transcript, error) {
	var file interactions
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read interactions: %w", err)
	}
	v := wire.Version(file.Header.ServerVersion)
	if v < wire.MinVersion || v > wire.MaxVersion {
		return nil, fmt.Errorf("server version %d: want %d to %d", v, wire.MinVersion, wire.MaxVersion)
	}
	s := Session{Version: v, Headless: true}
	if at, err := time.Parse(recordedForm, file.Header.RecordedAt); err == nil {
		s.Time = at.UTC().Format(helloTimeForm) + " UTC"
	}
	for n, one := range file.Interactions {
		add := func(d wire.Direction, raw string) error {
			m, err := wire.Decode(d, []byte(raw), v)
			if err != nil {
				return fmt.Errorf("interaction %d, %s: %w", n+1, one.Name, err)
			}
			s.Lines = append(s.Lines, Line{Message: m, Number: n + 1})
			return nil
		}
		if err := add(wire.FromClient, one.Request.Raw); err != nil {
			return nil, err
		}
		for _, r := range one.Responses {
			if err := add(wire.FromServer, r.Raw); err != nil {
				return nil, err
			}
		}
	}
	return &Transcript{Sessions: []Session{s}}, nil
}

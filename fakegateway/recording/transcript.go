package recording

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ibsoak/internal/wire"
)

// Transcript is somebody else's recording, in one of the forms that are published: lines of
// messages, decoded or in base64, and the interactions of a YAML file.
type Transcript struct {
	Sessions []Session
}

// Session is one connection of a Transcript, from the version reply on.
type Session struct {
	Version wire.Version
	Time    string // of the version reply; may be empty
	Lines   []Line
	// Headless says that the lines begin behind the bootstrap, which is not known.
	Headless bool
}

// Line is one message of a Session.
type Line struct {
	Message wire.Message
	// Partial says that the publisher decoded it: what the line does not mention is not known.
	Partial bool
	// After is how long the publisher waits before it.
	After time.Duration
	// Number is the line's in the file, from 1.
	Number int
}

// ParseTranscript reads a transcript. name is for errors, which give the line.
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
	open   bool // a session is
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

// session is the open one.
func (p *lineParser) session() (*Session, error) {
	if !p.open {
		return nil, errors.New("a message outside a session: want a handshake line before it")
	}
	return &p.t.Sessions[len(p.t.Sessions)-1], nil
}

// raw takes a frame in base64.
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

// decoded takes a message in its publisher's words.
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
	var said map[string]any
	if err := decoder.Decode(&said); err != nil {
		return fmt.Errorf("%s %s: %w", who, kind, err)
	}
	m, err := form.message(said, p.id)
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

// id is what a placeholder like $req1 stands for: the same number for the same word.
func (p *lineParser) id(word string) int {
	if p.ids[word] == 0 {
		p.ids[word] = len(p.ids) + 1
	}
	return p.ids[word]
}

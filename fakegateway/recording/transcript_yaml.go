package recording

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"ibsoak/internal/wire"
)

// interactions is the YAML form: requests and their responses, as the fields of text messages.
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

// recordedForm is how the header says the time.
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

package recording

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ibsoak/internal/wire"
)

// helloTimeForm is the time in a version reply, without the zone behind it.
const helloTimeForm = "20060102 15:04:05"

// importedClient is the client id of imported connections: transcripts do not contain START_API.
const importedClient = 1

// Import writes a transcript as a recording. It adds what a transcript does not contain: the preamble,
// START_API, and the times. The first time is that of the version reply, and the publisher's pauses
// are added to it. Import scrubs nothing: publishers have done that in their own way.
func Import(t *Transcript, out io.Writer) error {
	at := time.Unix(0, 0).UTC()
	if len(t.Sessions) > 0 {
		at = helloTime(t.Sessions[0].Time, at)
	}
	w := &entryWriter{
		file: newWriter(out, Header{Source: "import", Started: at}),
		now:  func() time.Time { return at },
	}
	for i, s := range t.Sessions {
		at = helloTime(s.Time, at)
		if err := w.session(i+1, s, func(d time.Duration) { at = at.Add(d) }); err != nil {
			return err
		}
	}
	return w.file.close()
}

// helloTime reads the time of a version reply as UTC. It ignores the zone, because Gateways name
// zones in ways that no library knows.
func helloTime(text string, otherwise time.Time) time.Time {
	if at, err := time.Parse(helloTimeForm, text[:min(len(text), len(helloTimeForm))]); err == nil {
		return at
	}
	return otherwise
}

// session writes one connection.
func (w *entryWriter) session(connection int, s Session, wait func(time.Duration)) error {
	hello := wire.Hello{Version: s.Version, Time: s.Time}
	if hello.Time == "" {
		hello.Time = w.now().Format(helloTimeForm) + " UTC"
	}
	start := wire.Message{Kind: wire.StartAPI, Body: wire.NewBody(wire.StartAPI)}
	fields := start.Body.ProtoReflect()
	fields.Set(fields.Descriptor().Fields().ByName("clientId"), int32Value(importedClient))
	for _, step := range []func() error{
		func() error { return w.event(connection, wire.FromClient, KindConnected, "") },
		func() error {
			return w.preamble(connection, wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: s.Version}))
		},
		func() error { return w.hello(connection, hello) },
		func() error { return w.message(connection, start, s.Version, "made up") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, l := range s.Lines {
		wait(l.After)
		note := ""
		if l.Partial {
			note = "as its publisher decoded it"
		}
		if err := w.message(connection, l.Message, s.Version, note); err != nil {
			return err
		}
	}
	return w.event(connection, wire.FromClient, KindFIN, "")
}

// message writes a message that was published without its bytes. If it has no form at the version,
// the entry has only the body.
func (w *entryWriter) message(connection int, m wire.Message, v wire.Version, note string) error {
	e := Entry{
		At: w.now(), Connection: connection, From: sender(m.Kind.Direction()),
		Kind: m.Kind.String(),
	}
	notes := []string{note}
	raw, err := wire.Append(nil, m, v)
	if err == nil {
		e.Raw = raw
	} else {
		notes = append(notes, fmt.Sprintf("no bytes: it has no form at version %d", v))
	}
	if e.Body, err = bodyJSON(m.Body); err != nil {
		return err
	}
	e.Note = strings.TrimPrefix(strings.Join(notes, "; "), "; ")
	return w.file.write(e)
}

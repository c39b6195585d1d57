package recording

import (
	"fmt"
	"io"
	"strings"
	"time"

	"ibsoak/internal/wire"
)

// helloTimeForm is how a version reply says the time, before the zone.
const helloTimeForm = "20060102 15:04:05"

// importedClient is the client id of imported connections, whose transcripts begin behind it.
const importedClient = 1

// Import writes a transcript as a recording. What a transcript leaves out is made up: the
// preamble, START_API and the times, which start at the version reply's and move with the
// publisher's pauses. Nothing is scrubbed: publishers have done that in their own way.
func Import(t *Transcript, out io.Writer) error {
	at := time.Unix(0, 0).UTC()
	if len(t.Sessions) > 0 {
		at = helloTime(t.Sessions[0].Time, at)
	}
	k := &keeper{
		w:   NewWriter(out, Header{Source: "import", Started: at}),
		now: func() time.Time { return at },
	}
	for i, s := range t.Sessions {
		at = helloTime(s.Time, at)
		if err := k.session(i+1, s, func(d time.Duration) { at = at.Add(d) }); err != nil {
			return err
		}
	}
	return k.w.Close()
}

// helloTime reads the time of a version reply as if it were UTC; zones there have names that
// nobody else knows.
func helloTime(text string, otherwise time.Time) time.Time {
	if at, err := time.Parse(helloTimeForm, text[:min(len(text), len(helloTimeForm))]); err == nil {
		return at
	}
	return otherwise
}

// session writes one connection.
func (k *keeper) session(connection int, s Session, wait func(time.Duration)) error {
	hello := wire.Hello{Version: s.Version, Time: s.Time}
	if hello.Time == "" {
		hello.Time = k.now().Format(helloTimeForm) + " UTC"
	}
	start := wire.Message{Kind: wire.StartAPI, Body: wire.NewBody(wire.StartAPI)}
	fields := start.Body.ProtoReflect()
	fields.Set(fields.Descriptor().Fields().ByName("clientId"), int32Value(importedClient))
	for _, step := range []func() error{
		func() error { return k.event(connection, wire.FromClient, KindConnected, "") },
		func() error {
			return k.preamble(connection, wire.AppendPreamble(nil, wire.Preamble{Min: 100, Max: s.Version}))
		},
		func() error { return k.hello(connection, hello) },
		func() error { return k.message(connection, start, s.Version, "made up") },
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
		if err := k.message(connection, l.Message, s.Version, note); err != nil {
			return err
		}
	}
	return k.event(connection, wire.FromClient, KindFIN, "")
}

// message writes a message that was not seen as bytes. One that has no form at the version keeps
// its body only.
func (k *keeper) message(connection int, m wire.Message, v wire.Version, note string) error {
	e := Entry{
		At: k.now(), Connection: connection, From: sender(m.Kind.Direction()),
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
	return k.w.Write(e)
}

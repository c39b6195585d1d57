package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/recording"
	"ibsoak/internal/wire"
	"ibsoak/trader/link"
)

// maxCaptured bounds the frames that wait to be written to a capture. What comes beyond it is left
// out and counted: a slow disk must not slow a session.
const maxCaptured = 4096

// capture is the recording of one session, from the keeper's side of the Gateway. Its goroutine
// writes until the channel is closed; whoever closes it, under the session's mu, also waits for it.
type capture struct {
	path   string
	file   *os.File
	log    *recording.Log
	frames chan link.Frame
	missed atomic.Uint64
	done   chan error
}

// The errors of captures.
var (
	errNoSession   = errors.New("no session has this client id: a client must connect first")
	errCaptured    = errors.New("a capture of this session runs already: end it first")
	errNotCaptured = errors.New("no capture of this session runs")
)

// BeginCapture records what passes between the keeper and the Gateway on the session of a client id,
// scrubbed, in the format of fakegateway record. It returns the file's path.
func (k *Keeper) BeginCapture(id int) (string, error) {
	s, err := k.sessionOf(id)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	err = s.capturable()
	s.mu.Unlock()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(k.cfg.State, "captures")
	name := fmt.Sprintf("%d-%s.jsonl", id, time.Now().UTC().Format("20060102T150405.000"))
	c := &capture{path: filepath.Join(dir, name), frames: make(chan link.Frame, maxCaptured), done: make(chan error, 1)}
	if err := c.open(k.openFile); err != nil { // the session goes on meanwhile
		return "", fmt.Errorf("begin capture: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.capturable(); err != nil {
		return "", errors.Join(err, c.log.Close(), c.file.Close(), os.Remove(c.path))
	}
	s.capture = c
	who, hello := s.identity, s.link.Hello()
	k.running.Go(func() { c.done <- c.write(who, hello) })
	return c.path, nil
}

// capturable says why a capture cannot begin; nil when it can. The caller holds mu.
func (s *session) capturable() error {
	switch {
	case s.capture != nil:
		return errCaptured
	case s.link == nil || s.closing:
		return errNoSession
	}
	return nil
}

// open makes the file, for which the disk may take its time.
func (c *capture) open(openFile func(string, int, os.FileMode) (*os.File, error)) (err error) {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return err
	}
	if c.file, err = openFile(c.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	}
	if c.log, err = recording.NewLog(c.file); err != nil {
		return errors.Join(err, c.file.Close())
	}
	return nil
}

// EndCapture ends the recording and returns its path.
func (k *Keeper) EndCapture(id int) (string, error) {
	s, err := k.sessionOf(id)
	if err != nil {
		return "", err
	}
	return s.endCapture("the capture was ended")
}

func (k *Keeper) sessionOf(id int) (*session, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.sessions[id]; s != nil {
		return s, nil
	}
	return nil, errNoSession
}

// endCapture ends a session's recording, if there is one.
func (s *session) endCapture(why string) (string, error) {
	s.mu.Lock()
	c := s.capture
	s.capture = nil
	if c != nil {
		close(c.frames)
	}
	s.mu.Unlock()
	if c == nil {
		return "", errNotCaptured
	}
	err := <-c.done
	s.keeper.log.Info("capture ended", "id", s.identity.id, "why", why, "path", c.path,
		"frames_left_out", c.missed.Load(), "error", err)
	return c.path, err
}

// transcript takes every frame of the link, in its order.
func (s *session) transcript(f link.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.capture == nil {
		return
	}
	f.Payload = bytes.Clone(f.Payload)
	select {
	case s.capture.frames <- f:
	default:
		s.capture.missed.Add(1)
	}
}

// write writes the beginning that a replay needs, and then what comes. After a failure it only
// takes: nobody waits for it.
func (c *capture) write(who identity, hello wire.Hello) error {
	const one = 1
	err := c.log.Begin(one, wire.Preamble{Min: wire.MinVersion, Max: who.version, Options: who.options}, hello)
	if err == nil {
		err = c.frame(one, wire.FromClient, startAPI(who), who.version)
	}
	for f := range c.frames {
		if err == nil {
			err = c.frame(one, f.Direction, f.Payload, who.version)
		}
	}
	note := ""
	if n := c.missed.Load(); n > 0 {
		note = fmt.Sprintf("%d frames were left out: the disk was too slow", n)
	}
	return errors.Join(err, c.log.End(one, wire.FromClient, note), c.log.Close(), c.file.Close())
}

func (c *capture) frame(connection int, d wire.Direction, payload []byte, v wire.Version) error {
	if payload == nil {
		return nil
	}
	return c.log.Frame(connection, d, payload, v)
}

func startAPI(who identity) []byte {
	body := &pb.StartApiRequest{ClientId: proto.Int32(int32(who.id)), OptionalCapabilities: &who.capabilities}
	payload, _ := wire.Payload(wire.Message{Kind: wire.StartAPI, Body: body}, who.version) // every version has it
	return payload
}

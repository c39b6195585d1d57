package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/kballard/go-shellquote"
)

// The states of a notice.
const (
	Raised = "raised"
	Still  = "still" // it goes on; said again at growing intervals
	Over   = "over"
)

// Notice is a condition and what is new about it.
type Notice struct {
	Condition
	State string `json:"state"`
}

// String is one line for people.
func (n Notice) String() string {
	if n.State == Over {
		return fmt.Sprintf("over: %s: %s", n.Name, n.Text)
	}
	what := n.Name
	if n.State == Still {
		what = "still " + what
	}
	return fmt.Sprintf("%s: %s. Since %s. %s", what, n.Text, n.Since.Format(time.RFC3339), n.Do)
}

// Message is what a hook gets: as JSON on the command's stdin and as the webhook's body.
type Message struct {
	Text    string    `json:"text"` // a line for each notice; what chat services show
	At      time.Time `json:"at"`
	Host    string    `json:"host"`
	Gateway string    `json:"gateway"`
	Account string    `json:"account"` // masked
	PID     int       `json:"pid"`
	Held    int       `json:"heldBack"` // of the notices: waited for the limit on the rate
	Notices []Notice  `json:"notices"`
}

// hook is one way out. Its error names no secret.
type hook interface {
	deliver(ctx context.Context, m Message) error
	name() string
}

// command runs a program with the message on its stdin and its text in TRADER_ALERT.
type command struct{ words []string }

// parseCommand reads a command line as a shell would, without running one. A program that is not there is
// found out now, and not when it is needed.
func parseCommand(line string) (command, error) {
	words, err := shellquote.Split(line)
	if err == nil && len(words) == 0 {
		err = errors.New("it is empty")
	}
	if err == nil {
		_, err = exec.LookPath(words[0])
	}
	if err != nil {
		return command{}, fmt.Errorf("alert command %q: %w", line, err)
	}
	return command{words}, nil
}

func (command) name() string { return "command" }

func (c command) deliver(ctx context.Context, m Message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c.words[0], c.words[1:]...)
	cmd.Stdin = bytes.NewReader(data)
	cmd.Env = append(os.Environ(), "TRADER_ALERT="+strings.ReplaceAll(m.Text, "\x00", ""))
	cmd.WaitDelay = time.Second // for what the program has started and left behind
	said := &tail{}
	cmd.Stdout, cmd.Stderr = io.Discard, said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w %s", c.words[0], errors.Join(err, context.Cause(ctx)), said)
	}
	return nil
}

// tail keeps the beginning of what a program says.
type tail struct{ text []byte }

// Write takes everything and keeps what fits.
func (t *tail) Write(p []byte) (int, error) {
	const most = 300 // bytes
	t.text = append(t.text, p[:min(len(p), most-len(t.text))]...)
	return len(p), nil
}

func (t *tail) String() string { return strings.Join(strings.Fields(string(t.text)), " ") }

// webhook posts the message.
type webhook struct{ url *url.URL }

func parseWebhook(text string) (webhook, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return webhook{}, errors.New("alert webhook: want http://HOST/PATH or https://HOST/PATH")
	}
	return webhook{u}, nil
}

func (webhook) name() string { return "webhook" }

func (w webhook) deliver(ctx context.Context, m Message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.String(), bytes.NewReader(data))
	if err != nil {
		return errors.New("webhook: the request cannot be made")
	}
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok { // its text has the whole URL, which is a secret
			err = e.Err
		}
		return fmt.Errorf("webhook at %s: %w", w.url.Host, err)
	}
	defer func() { _ = answer.Body.Close() }() // nothing of it is used
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("webhook at %s: %s", w.url.Host, answer.Status)
	}
	return nil
}

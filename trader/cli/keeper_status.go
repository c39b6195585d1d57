package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"github.com/spf13/cobra"

	"ibsoak/trader/exit"
	"ibsoak/trader/keeper"
)

// keeperStatus is trader keeper status. Its exit code is that of a keeper which is not ready: 10.
func keeperStatus(f *keeperFlags, stdout io.Writer) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := f.ask(cmd.Context(), http.MethodGet, "/status")
			if err != nil {
				return err
			}
			var st keeper.Status
			if err := json.Unmarshal(text, &st); err != nil {
				return keeperUnreachable(fmt.Errorf("read the keeper's status: %w", err))
			}
			if asJSON {
				_, err = stdout.Write(text)
			} else {
				err = writeStatus(stdout, st, time.Now())
			}
			if err == nil && !st.Ready {
				what := "the keeper is not ready: " + st.Why
				err = &exit.Error{Code: exit.Refused, What: what, Do: "look at the Gateway"}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "")
	cmd.Flags().StringVar(&f.status, "at", "", "")
	return cmd
}

// keeperCapture is trader keeper capture.
func keeperCapture(f *keeperFlags, stdout io.Writer) *cobra.Command {
	cmd := &cobra.Command{
		Use: "capture", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.Atoi(args[0])
			method, known := map[string]string{"begin": http.MethodPost, "end": http.MethodDelete}[args[1]]
			if err != nil || !known {
				return keeperUsage(fmt.Errorf("capture %s %s: want a client id, and begin or end", args[0], args[1]))
			}
			text, err := f.ask(cmd.Context(), method, "/capture?id="+url.QueryEscape(strconv.Itoa(id)))
			if err == nil {
				_, err = stdout.Write(text)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&f.status, "at", "", "")
	return cmd
}

// ask sends a request to a running keeper.
func (f *keeperFlags) ask(ctx context.Context, method, path string) ([]byte, error) {
	addr, err := f.statusAddr()
	if err != nil {
		return nil, keeperUsage(err)
	}
	code, said, err := ask(ctx, method, addr, path)
	if err != nil {
		return nil, keeperUnreachable(fmt.Errorf("ask the keeper at %s: %w", addr, err))
	}
	if code != http.StatusOK {
		return nil, keeperUsage(fmt.Errorf("the keeper says: %s", strings.TrimSpace(string(said))))
	}
	return said, nil
}

func keeperUnreachable(err error) error {
	return &exit.Error{
		Code: exit.Refused, What: err.Error(),
		Do: "start trader keeper, or say with --state or --at where it runs", Err: err,
	}
}

// writeStatus prints a status for people.
func writeStatus(w io.Writer, st keeper.Status, now time.Time) error {
	state := "ready"
	if !st.Ready {
		state = "NOT ready"
	}
	if st.Why != "" {
		state += ": " + st.Why
	}
	_, err := fmt.Fprintf(w, "keeper %s -> Gateway %s, up %s\n%s\n", st.Listen, st.Gateway, ago(now, st.Begun), state)
	if err != nil {
		return err
	}
	t := tablewriter.NewTable(w,
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRendition(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleASCII)}))
	t.Header("id", "client", "version", "since", "from client", "to client", "subscriptions", "upstream age", "state")
	for _, s := range st.Sessions {
		client, since := "-", "-"
		if s.Client != "" {
			client, since = s.Client, ago(now, s.Attached)
		}
		if err := t.Append(s.ID, client, int(s.Version), since, s.FramesIn, s.FramesOut, s.Subscriptions,
			ago(now, s.Since), s.State); err != nil {
			return err
		}
	}
	if err := t.Render(); err != nil {
		return err
	}
	c := st.Counts
	_, err = fmt.Fprintf(w, "%d clients served by %d sessions; %d probes, %d refused, %d slow, %d taken over; "+
		"%d sessions lost, %d handshakes failed, %d reopened; %d requests never sent, %d late frames dropped\n",
		c.Clients, c.Sessions, c.Probes, c.Refused, c.Slow, c.TakenOver,
		c.Lost, c.Failed, c.Reopened, c.Unsent, c.Dropped)
	return err
}

func ago(now, since time.Time) string {
	if since.IsZero() {
		return "-"
	}
	return now.Sub(since).Round(time.Second).String()
}

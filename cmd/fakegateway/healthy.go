package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthyWithin bounds the whole question: a health check of a container has a few seconds.
const healthyWithin = 3 * time.Second

func healthyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "healthy HOST:PORT",
		Short: "Ask a running fake Gateway, at its control port, whether it is up",
		Long: `healthy exits with 0 when the Gateway at the control port says that it is up, and else with 1. It is
the health check of a container that holds nothing but this program.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("healthy wants one HOST:PORT, that of --control")}
			}
			if _, _, err := net.SplitHostPort(args[0]); err != nil {
				return usageError{fmt.Errorf("%q: want HOST:PORT, that of --control", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), healthyWithin)
			defer cancel()
			return healthy(ctx, args[0])
		},
	}
}

func healthy(ctx context.Context, control string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+control+"/healthz", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		const shown = 200 // bytes
		text, _ := io.ReadAll(io.LimitReader(answer.Body, shown))
		return fmt.Errorf("the Gateway at %s is not up: %s %s", control, answer.Status, text)
	}
	return nil
}

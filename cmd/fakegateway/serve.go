package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/sockets"
)

const (
	// controlGrace is how long a control request under way may take when the program stops.
	controlGrace = time.Second
	// controlHeaderLimit bounds a control client that sends its headers slowly.
	controlHeaderLimit = 5 * time.Second
)

// options are the command line.
type options struct {
	listen, control, record string
	settings                settings
}

// serve runs the Gateway and its control port until ctx ends.
func serve(
	ctx context.Context, o options, cfg fakegateway.Config, stdout, stderr io.Writer,
) error {
	cfg.RecordDir = o.record
	cfg.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	gateway, err := fakegateway.New(cfg)
	if err != nil {
		return usageError{err}
	}
	api, err := listen("listen", o.listen)
	if err != nil {
		return errors.Join(err, gateway.Close())
	}
	control, err := listen("control", o.control)
	if err != nil {
		return errors.Join(err, api.Close(), gateway.Close())
	}
	web := &http.Server{Handler: gateway.Control(), ReadHeaderTimeout: controlHeaderLimit}
	ended := make(chan error, 2)
	go func() { ended <- gateway.Serve(api) }()
	go func() { ended <- web.Serve(control) }()
	<-gateway.Serving()
	fmt.Fprintf(stdout, "listening gateway=%s control=%s\n", api.Addr(), control.Addr())
	select {
	case <-ctx.Done():
	case err = <-ended:
		ended <- nil // it is not to be waited for again
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), controlGrace)
	defer cancel()
	if web.Shutdown(grace) != nil {
		err = errors.Join(err, web.Close())
	}
	err = errors.Join(err, gateway.Close())
	for range cap(ended) {
		if one := <-ended; !errors.Is(one, http.ErrServerClosed) {
			err = errors.Join(err, one)
		}
	}
	return err
}

// listen opens the port of a flag.
func listen(flag, addr string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, usageError{fmt.Errorf("--%s %q: want HOST:PORT", flag, addr)}
	}
	ln, err := sockets.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return ln, nil
}

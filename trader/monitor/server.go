package monitor

import (
	"context"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"ibsoak/internal/loopback"
	"ibsoak/trader/journal"
	"ibsoak/trader/metrics"
	"ibsoak/trader/status"
)

// Limits of the server. Whoever exceeds them is refused and disturbs nobody.
const (
	MaxStreams      = 16 // browsers that follow the page
	MaxRequests     = 64 // at a time
	requestTimeout  = 10 * time.Second
	headerBytes     = 16 << 10
	pushEvery       = time.Second // at most, to a browser
	pulse           = 5 * time.Second
	equityPoints    = 500
	shutdownTimeout = time.Second
)

// Config says where to listen and what to show.
type Config struct {
	Listen string // host:port; loopback only, unless Token is set
	// Token, when set, must come with every request: as "Authorization: Bearer TOKEN", or once as ?token=TOKEN,
	// which a browser then keeps as a cookie.
	Token string
	Board *status.Board
	State string // the state directory, for the equity of the last day; "" has none
	Log   *slog.Logger
}

// Server serves one trader. Use Listen.
type Server struct {
	cfg      Config
	listener net.Listener
	streams  chan struct{}
	readers  chan struct{} // of the journal's file: one at a time
	private  bool          // a socket file: its directory says who may look
}

// CheckListen is nil when the address may be listened on.
func CheckListen(address, token string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("status address %q: want HOST:PORT, as in 127.0.0.1:9184", address)
	}
	if token != "" || loopback.Host(host) {
		return nil
	}
	return fmt.Errorf("status address %q is not on loopback: others would see account and orders; "+
		"use 127.0.0.1, or give a token with --status-token-file (TRADER_STATUS_TOKEN_FILE)", address)
}

// Listen takes the address.
func Listen(cfg Config) (*Server, error) {
	if err := CheckListen(cfg.Listen, cfg.Token); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for status: %w", err)
	}
	return newServer(cfg, listener), nil
}

// ListenUnix takes a socket file, whose directory says who may look. One that a dead process left is
// replaced: only one trader at a time has a state directory.
func ListenUnix(cfg Config, path string) (*Server, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listen for status: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for status: %w", err)
	}
	s := newServer(cfg, listener)
	s.private = true
	return s, nil
}

func newServer(cfg Config, listener net.Listener) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{
		cfg: cfg, listener: listener, streams: make(chan struct{}, MaxStreams),
		readers: make(chan struct{}, 1),
	}
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx ends. Then it ends every stream and returns within about a second.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: requestTimeout, ReadTimeout: requestTimeout,
		IdleTimeout: time.Minute, MaxHeaderBytes: headerBytes,
		BaseContext: func(net.Listener) context.Context { return ctx }, // streams end with it
		ErrorLog:    slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		err := server.Shutdown(limit)
		if err != nil {
			err = server.Close()
		}
		stopped <- err
	}()
	err := server.Serve(s.listener)
	cancel()
	if stopErr := <-stopped; errors.Is(err, http.ErrServerClosed) {
		err = stopErr
	}
	if err != nil {
		return fmt.Errorf("serve status: %w", err)
	}
	return nil
}

//go:embed page
var pages embed.FS

// Handler is everything that is served.
func (s *Server) Handler() http.Handler {
	files, err := fs.Sub(pages, "page")
	if err != nil {
		panic(fmt.Sprintf("monitor: %v", err)) // it is in this program
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.verdict((*status.Snapshot).Alive))
	mux.HandleFunc("GET /readyz", s.verdict((*status.Snapshot).Ready))
	mux.HandleFunc("GET /status", s.status)
	mux.HandleFunc("GET /equity", s.equity)
	mux.HandleFunc("GET /events", s.events)
	mux.Handle("GET /metrics", metrics.Handler(s.cfg.Board))
	mux.Handle("GET /", http.FileServerFS(files))
	return s.guard(mux)
}

// guard lets in who may look: known hosts, so that no web page elsewhere can read this one through its
// visitor's browser, and with a token when there is one.
func (s *Server) guard(next http.Handler) http.Handler {
	next = loopback.AtMost(MaxRequests, next)
	if !s.private && s.cfg.Token == "" {
		next = loopback.Guard(next)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cache-Control", "no-store")
		if !s.private && s.cfg.Token != "" && !s.admitted(w, r) {
			http.Error(w, "a token is needed: Authorization: Bearer TOKEN", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

const cookieName = "trader_token"

func (s *Server) admitted(w http.ResponseWriter, r *http.Request) bool {
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		given = r.URL.Query().Get("token")
		if given == "" {
			if c, err := r.Cookie(cookieName); err == nil {
				given = c.Value
			}
		}
	}
	if subtle.ConstantTimeCompare([]byte(given), []byte(s.cfg.Token)) != 1 {
		return false
	}
	if r.URL.Query().Get("token") != "" {
		http.SetCookie(w, &http.Cookie{
			Name: cookieName, Value: s.cfg.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		})
	}
	return true
}

// verdict answers 200, or 503 with the reason.
func (s *Server) verdict(ask func(*status.Snapshot, time.Time) (bool, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		ok, why := ask(s.cfg.Board.Load(), time.Now())
		if !ok {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(w, "ok") // whoever hung up does not want to know
	}
}

// View is a snapshot with what it means now.
type View struct {
	Now      time.Time        `json:"now"`
	Alive    bool             `json:"alive"`
	Ready    bool             `json:"ready"`
	Why      string           `json:"why,omitempty"`  // it is not ready
	Late     []string         `json:"late,omitempty"` // symbols that were not decided on in time
	Snapshot *status.Snapshot `json:"snapshot"`
}

// ViewOf judges a snapshot.
func ViewOf(s *status.Snapshot, now time.Time) View {
	v := View{Now: now, Snapshot: s}
	v.Alive, _ = s.Alive(now)
	v.Ready, v.Why = s.Ready(now)
	for _, symbol := range s.Symbols {
		if _, late := s.Late(symbol, now); late {
			v.Late = append(v.Late, symbol.Symbol)
		}
	}
	return v
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	answer(w, ViewOf(s.cfg.Board.Load(), time.Now()))
}

// answer writes JSON. What cannot be written is a defect of the program, and said.
func answer(w http.ResponseWriter, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(data, '\n')) // whoever hung up does not want to know
}

// equity reads the journal's file, one reader at a time: a browser must not keep the disk busy.
func (s *Server) equity(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	select {
	case s.readers <- struct{}{}:
		defer func() { <-s.readers }()
	case <-ctx.Done():
		http.Error(w, "another reader was too slow", http.StatusServiceUnavailable)
		return
	}
	points := []journal.EquityPoint{}
	if s.cfg.State != "" {
		const day = 24 * time.Hour
		found, err := journal.EquityHistory(ctx, s.cfg.State, time.Now().Add(-day), equityPoints)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		points = append(points, found...)
	}
	answer(w, points)
}

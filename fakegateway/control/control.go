package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/session"
	"ibsoak/fakegateway/stage"
)

// MaxZombies bounds one request for planted zombies.
const MaxZombies = 1000

// Gateway is what can be asked of, and done to, a Gateway. Its methods are those of fakegateway.Server.
type Gateway interface {
	Health() Health
	Connections() []observe.Connection
	TranscriptAfter(seq int) []observe.Frame
	Receipts() []fault.Receipt
	Follow(ctx context.Context, tell func([]observe.Line) error) error

	Faults() []fault.Fault
	SetSchedule(fault.Schedule) error
	Inject(fault.Fault) (id string, err error)
	ClearFault(id string) error
	Restart(d fault.Downtime, end fault.Action) error
	Operate(o fault.Operation, farm string) error
	PlantZombies(ctx context.Context, n int) error
	ClearZombies(ctx context.Context) error

	Connectivity() session.Connectivity
	Books() exchange.Books
	Correct(execID string, price decimal.Decimal, shares int64) (exchange.Execution, error)
	Bust(execID string) (exchange.Execution, error)
	FillByHand(session.OpeningPosition) (exchange.Execution, error)
	CancelByHand(permID int64) error
	HoldOrder(permID int64) (exchange.Order, error)
	ReleaseOrder(permID int64) (exchange.Order, error)
	Transfer(session.OpeningPosition) (exchange.Transfer, error)
	TransferCash(account, currency string, amount decimal.Decimal) (exchange.Transfer, error)
	Liquidate(account string, conID int) ([]exchange.Execution, error)
	LogIn(accounts []string, d fault.Downtime, end fault.Action) error
}

// server answers requests for a Gateway.
type server struct {
	gateway Gateway
	log     *slog.Logger
}

// Handler is the Gateway's HTTP interface, for test programs in other languages:
//
//	GET    /healthz                   stage and counts
//	GET    /metrics                   the counts for Prometheus
//	GET    /connections               the ledger
//	GET    /transcript?after=SEQ      frames, oldest first
//	GET    /watch                     everything so far and then as it happens, a JSON Line each
//	GET    /receipts                  what faults did
//	GET    /books                     the exchange's truth
//	GET    /faults                    what is in force
//	PUT    /schedule                  replaces the schedule (JSON or YAML)
//	POST   /faults                    injects one fault; answers {"id": …}
//	DELETE /faults/{id}               takes one out of force
//	POST   /restart                   {"then": "fin", "downtime": {"refused": "30s", …}}
//	POST   /zombies                   {"count": 3}
//	DELETE /zombies                   closes the planted ones
//	POST   /operate                   {"operation": "farm-broken", "farm": "usfarm"}
//	POST   /dialog                    {"answer": "accept"}
//	POST   /2fa                       approves the login that waits
//	GET    /connectivity              to IBKR's servers: lost or not, farms, held-back reports
//	POST   /connectivity              {"state": "lost"}
//	POST   /books/fill                a trade by hand: {"symbol": "AAPL", "quantity": 3, "price": "260"}
//	POST   /books/cancel              a cancel by hand: {"permId": 1}
//	POST   /books/correct             by the exchange: {"execId": …, "price": …, "shares": …}
//	POST   /books/bust                by the exchange: {"execId": …}
//	POST   /books/hold                an order reads Inactive and waits: {"permId": 1}
//	POST   /books/release             it is let go: {"permId": 1}
//	POST   /books/transfer            {"symbol": "AAPL", "quantity": 3, "price": "260"} or {"cash": "100"}
//	POST   /books/liquidate           by IBKR: {"account": "DU9000001"}
//	POST   /login                     a restart with other accounts: {"accounts": ["DU9000002"]}
//
// Input is strict: an unknown key is an error. Errors are application/problem+json (RFC 9457).
func Handler(g Gateway, log *slog.Logger) http.Handler {
	s := &server{gateway: g, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc(watchPattern, s.getWatch)
	mux.HandleFunc(metricsPattern, s.getMetrics)
	for pattern, handle := range s.endpoints() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, fault.MaxFileBytes)
			answer, err := handle(r)
			if err != nil {
				s.writeProblem(w, err)
				return
			}
			s.writeJSON(w, http.StatusOK, "application/json", answer)
		})
	}
	return mux
}

// watchPattern is the one endpoint whose answer is a stream.
const watchPattern = "GET /watch"

// endpoint answers one kind of request.
type endpoint func(*http.Request) (any, error)

func (s *server) endpoints() map[string]endpoint {
	return map[string]endpoint{
		"GET /healthz":        s.getHealth,
		"GET /connections":    func(*http.Request) (any, error) { return s.gateway.Connections(), nil },
		"GET /transcript":     s.getTranscript,
		"GET /receipts":       func(*http.Request) (any, error) { return orEmpty(s.gateway.Receipts()), nil },
		"GET /books":          func(*http.Request) (any, error) { return s.gateway.Books(), nil },
		"GET /faults":         func(*http.Request) (any, error) { return s.getFaults(), nil },
		"PUT /schedule":       s.putSchedule,
		"POST /faults":        s.postFault,
		"DELETE /faults/{id}": s.deleteFault,
		"POST /restart":       s.postRestart,
		"POST /zombies":       s.postZombies,
		"DELETE /zombies":     s.deleteZombies,
		"POST /books/fill":    s.postFill,
		"POST /books/correct": s.postCorrect,
		"POST /books/bust":    s.postBust,
		"POST /books/cancel":  s.postCancel,

		"POST /books/hold":      s.postHold,
		"POST /books/release":   s.postRelease,
		"POST /books/transfer":  s.postTransfer,
		"POST /books/liquidate": s.postLiquidate,
		"POST /login":           s.postLogin,

		"POST /operate":      s.postOperate,
		"POST /dialog":       s.postDialog,
		"POST /2fa":          s.post2FA,
		"GET /connectivity":  func(*http.Request) (any, error) { return s.gateway.Connectivity(), nil },
		"POST /connectivity": s.postConnectivity,
	}
}

// problem is an error with the status that it is answered with.
type problem struct {
	status int
	err    error
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

func bad(err error) error { return &problem{http.StatusBadRequest, err} }

func (s *server) writeProblem(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var p *problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		status = http.StatusRequestEntityTooLarge
	case errors.As(err, &p):
		status = p.status
	}
	s.writeJSON(w, status, "application/problem+json", map[string]any{
		"type": "about:blank", "title": http.StatusText(status), "status": status,
		"detail": err.Error(),
	})
}

func (s *server) writeJSON(w http.ResponseWriter, status int, mediaType string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		s.log.Error("control answer", "err", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	if _, err := w.Write(append(text, '\n')); err != nil {
		s.log.Debug("control answer", "err", err) // the client has gone
	}
}

// Health is what GET /healthz answers.
type Health struct {
	Gateway     string      `json:"gateway"` // HOST:PORT
	Profile     string      `json:"profile"`
	Stage       stage.Stage `json:"stage"`
	Events      int         `json:"events"`      // so far: the number of the newest
	Connections int         `json:"connections"` // in the ledger
	Open        int         `json:"open"`        // with a socket
	CloseWait   int         `json:"closeWait"`   // Gateway ends in CLOSE_WAIT
	Receipts    int         `json:"receipts"`
	// Dialogs are the clients that wait for the incoming connection dialog.
	Dialogs int `json:"dialogs"`
	// AwaitsApproval is a login that waits for POST /2fa.
	AwaitsApproval bool   `json:"awaitsApproval"`
	About          string `json:"about,omitempty"` // the summary of the settings
}

func (s *server) getHealth(*http.Request) (any, error) { return s.gateway.Health(), nil }

func (s *server) getTranscript(r *http.Request) (any, error) {
	after := 0
	if text := r.FormValue("after"); text != "" {
		var err error
		if after, err = strconv.Atoi(text); err != nil || after < 0 {
			return nil, bad(fmt.Errorf("after=%q: want the seq of a frame", text))
		}
	}
	return orEmpty(s.gateway.TranscriptAfter(after)), nil
}

// getFaults adds to each fault the sentence that explains it.
func (s *server) getFaults() any {
	type explained struct {
		fault.Fault
		Sentence string `json:"sentence"`
	}
	list := []explained{}
	for _, f := range s.gateway.Faults() {
		list = append(list, explained{f, f.String()})
	}
	return list
}

func (s *server) putSchedule(r *http.Request) (any, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, bad(fmt.Errorf("read schedule: %w", err))
	}
	schedule, err := fault.Parse("schedule", text)
	if err != nil {
		return nil, bad(err)
	}
	if err := s.gateway.SetSchedule(schedule); err != nil {
		return nil, bad(err)
	}
	return s.getFaults(), nil
}

func (s *server) postFault(r *http.Request) (any, error) {
	var f fault.Fault
	if err := strictJSON(r.Body, &f); err != nil {
		return nil, bad(fmt.Errorf("read fault: %w", err))
	}
	id, err := s.gateway.Inject(f)
	if err != nil {
		return nil, bad(err)
	}
	return map[string]string{"id": id}, nil
}

func (s *server) deleteFault(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if err := s.gateway.ClearFault(id); err != nil {
		return nil, &problem{http.StatusNotFound, err}
	}
	return map[string]string{"id": id}, nil
}

func (s *server) postRestart(r *http.Request) (any, error) {
	var body struct {
		Then     fault.Action   `json:"then"`
		Downtime fault.Downtime `json:"downtime"`
	}
	if err := strictJSON(r.Body, &body); err != nil && !errors.Is(err, io.EOF) {
		return nil, bad(fmt.Errorf("read restart: %w", err))
	}
	return s.afterRestart(r, s.gateway.Restart(body.Downtime, body.Then))
}

func (s *server) afterRestart(r *http.Request, err error) (any, error) {
	switch {
	case errors.Is(err, stage.ErrClosed):
		return nil, &problem{http.StatusServiceUnavailable, err}
	case err != nil:
		return nil, bad(err)
	}
	return s.getHealth(r)
}

func (s *server) postZombies(r *http.Request) (any, error) {
	var body struct {
		Count int `json:"count"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read zombies: %w", err))
	}
	if body.Count < 1 || body.Count > MaxZombies {
		return nil, bad(fmt.Errorf("count %d: want 1..%d", body.Count, MaxZombies))
	}
	if err := s.gateway.PlantZombies(r.Context(), body.Count); err != nil {
		return nil, err
	}
	return s.getHealth(r)
}

func (s *server) deleteZombies(r *http.Request) (any, error) {
	if err := s.gateway.ClearZombies(r.Context()); err != nil {
		return nil, err
	}
	return s.getHealth(r)
}

// strictJSON reads exactly one value without unknown keys. An empty body is io.EOF.
func strictJSON(body io.Reader, into any) error {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}

// orEmpty makes a list that JSON writes as [] and never as null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// getWatch answers GET /watch with lines until the client goes, or with ?follow=false until
// everything that had happened was told.
func (s *server) getWatch(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	switch text := r.FormValue("follow"); text {
	case "", "true":
	case "false":
		cancel()
	default:
		s.writeProblem(w, bad(fmt.Errorf("follow=%q: want true or false", text)))
		return
	}
	w.Header().Set("Content-Type", "application/jsonl")
	out, flush := json.NewEncoder(w), http.NewResponseController(w)
	err := s.gateway.Follow(ctx, func(lines []observe.Line) error {
		for _, l := range lines {
			if err := out.Encode(l); err != nil {
				return err
			}
		}
		return flush.Flush()
	})
	if err != nil {
		s.log.Debug("watch", "err", err) // the client has gone
	}
}

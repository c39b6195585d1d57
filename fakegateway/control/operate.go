package control

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/stage"
)

// operateFor does an operation for a request: 409 when the Gateway's state does not allow it.
func (s *server) operateFor(o fault.Operation, farm string) (any, error) {
	what := fault.What{Do: fault.Operate, Operation: o, Farm: farm}
	f := fault.Fault{When: fault.When{At: new(fault.Duration)}, What: what}
	if err := (fault.Schedule{Faults: []fault.Fault{f}}).Validate(); err != nil {
		return nil, bad(err)
	}
	switch err := s.gateway.Operate(o, farm); {
	case errors.Is(err, stage.ErrClosed):
		return nil, &problem{http.StatusServiceUnavailable, err}
	case err != nil:
		return nil, &problem{http.StatusConflict, err}
	}
	return s.getHealth(nil)
}

func (s *server) postOperate(r *http.Request) (any, error) {
	var body struct {
		Operation fault.Operation `json:"operation"`
		Farm      string          `json:"farm"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read operation: %w", err))
	}
	return s.operateFor(body.Operation, body.Farm)
}

// dialogAnswers are the answers to the incoming connection dialog, as operations.
var dialogAnswers = map[string]fault.Operation{
	"accept": fault.DialogAccept, "reject": fault.DialogReject, "dismiss": fault.DialogDismiss,
}

func (s *server) postDialog(r *http.Request) (any, error) {
	var body struct {
		Answer string `json:"answer"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read answer: %w", err))
	}
	operation, known := dialogAnswers[body.Answer]
	if !known {
		return nil, bad(fmt.Errorf("answer %q: want one of accept, reject, dismiss", body.Answer))
	}
	return s.operateFor(operation, "")
}

// post2FA has no body, or an empty object.
func (s *server) post2FA(r *http.Request) (any, error) {
	if err := strictJSON(r.Body, &struct{}{}); err != nil && !errors.Is(err, io.EOF) {
		return nil, bad(fmt.Errorf("read approval: %w", err))
	}
	return s.operateFor(fault.ApproveLogin, "")
}

func (s *server) postConnectivity(r *http.Request) (any, error) {
	var body struct {
		State string `json:"state"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read state: %w", err))
	}
	switch body.State {
	case "lost":
		return s.operateFor(fault.ConnectionLost, "")
	case "restored":
		return s.operateFor(fault.ConnectionRestored, "")
	case "restored-data-lost":
		return s.operateFor(fault.ConnectionDataLost, "")
	}
	return nil, bad(fmt.Errorf("state %q: want lost, restored or restored-data-lost", body.State))
}

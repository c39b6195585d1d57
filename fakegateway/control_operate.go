package fakegateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"ibsoak/fakegateway/fault"
)

// operateFor does an operation for a request: 409 when the Gateway's state does not allow it.
func (s *Server) operateFor(o fault.Operation, farm string) (any, error) {
	what := fault.What{Do: fault.Operate, Operation: o, Farm: farm}
	f := fault.Fault{When: fault.When{At: new(fault.Duration)}, What: what}
	if err := (fault.Schedule{Faults: []fault.Fault{f}}).Validate(); err != nil {
		return nil, bad(err)
	}
	switch err := s.Operate(o, farm); {
	case errors.Is(err, ErrClosed):
		return nil, &problem{http.StatusServiceUnavailable, err}
	case err != nil:
		return nil, &problem{http.StatusConflict, err}
	}
	return s.getHealth(nil)
}

func (s *Server) postOperate(r *http.Request) (any, error) {
	var body struct {
		Operation fault.Operation `json:"operation"`
		Farm      string          `json:"farm"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read operation: %w", err))
	}
	return s.operateFor(body.Operation, body.Farm)
}

func (s *Server) postDialog(r *http.Request) (any, error) {
	var body struct {
		Answer DialogAnswer `json:"answer"`
	}
	if err := strictJSON(r.Body, &body); err != nil {
		return nil, bad(fmt.Errorf("read answer: %w", err))
	}
	for operation, answer := range dialogOperations {
		if answer == body.Answer {
			return s.operateFor(operation, "")
		}
	}
	return nil, bad(fmt.Errorf("answer %q: want one of %s", body.Answer, words(dialogAnswers)))
}

// post2FA has no body, or an empty object.
func (s *Server) post2FA(r *http.Request) (any, error) {
	if err := strictJSON(r.Body, &struct{}{}); err != nil && !errors.Is(err, io.EOF) {
		return nil, bad(fmt.Errorf("read approval: %w", err))
	}
	return s.operateFor(fault.ApproveLogin, "")
}

func (s *Server) postConnectivity(r *http.Request) (any, error) {
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

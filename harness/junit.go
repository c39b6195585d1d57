package harness

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// The elements of a JUnit report, as CI systems read them.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure,omitempty"`
		Error   *junitMessage `xml:"error,omitempty"`
		Skipped *junitMessage `xml:"skipped,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes one test case for each life, one for each group of checks, and one for the run as
// a whole, which holds what no single life is to blame for. Inconclusive is an error: CI must not show
// it as a pass, and JUnit has no word for it.
func WriteJUnit(w io.Writer, v Verdict) error {
	s := junitSuite{
		Name: v.Scenario, Time: seconds(v.Took), Timestamp: v.Started,
		Properties: []junitProperty{
			{"outcome", string(v.Outcome)},
			{"seed", strconv.FormatUint(v.Seed, 10)},
			{"timeScale", strconv.FormatFloat(v.TimeScale, 'g', -1, 64)},
			{"cycles", strconv.Itoa(v.Cycles)},
			{"failureRateBound95", strconv.FormatFloat(v.Bound, 'f', 4, 64)},
			{"command", strings.Join(v.Command, " ")},
		},
	}
	s.add(junitCase{Name: "verdict", Time: seconds(v.Took)}, v.Outcome, v.Sentence, reasons(v.Findings))
	for _, g := range Groups {
		s.addGroup(v, g)
	}
	for _, l := range v.Lives {
		message := l.End
		if len(l.Reasons) > 0 {
			message = l.Reasons[0]
		}
		name := fmt.Sprintf("life %d of %d", l.Number, len(v.Lives))
		s.add(junitCase{Name: name, Time: seconds(l.Took)}, l.Outcome, message, l.Reasons)
	}
	data, err := xml.MarshalIndent(junitSuites{Suites: []junitSuite{s}}, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return write(w, xml.Header+string(data)+"\n")
}

func (s *junitSuite) add(c junitCase, o Outcome, message string, reasons []string) {
	c.Class = "soak." + s.Name
	m := &junitMessage{Message: message, Text: strings.Join(reasons, "\n")}
	switch o {
	case Pass:
	case Fail:
		c.Failure = m
		s.Failures++
	case Inconclusive:
		m.Message = "inconclusive: " + message
		c.Error = m
		s.Errors++
	case HarnessError:
		c.Error = m
		s.Errors++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

// addGroup writes the case of a group of checks, if any of them decides anything.
func (s *junitSuite) addGroup(v Verdict, g Group) {
	var found []Finding
	outcome := Pass
	for _, f := range v.Findings {
		if f.Group != g || f.Informational {
			continue
		}
		found = append(found, f)
		worse := f.Outcome
		if f.Harness != "" {
			worse = HarnessError
		}
		if rank(worse) < rank(outcome) {
			outcome = worse
		}
	}
	if len(found) == 0 {
		return
	}
	why := reasons(found)
	message := ""
	if len(why) > 0 {
		message = why[0]
	}
	s.add(junitCase{Name: string(g) + ": " + count(len(found), "checks"), Time: seconds(0)}, outcome, message, why)
}

// reasons lists every finding that is not a pass.
func reasons(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		if f.Outcome == Pass || f.Informational {
			continue
		}
		out = append(out, fmt.Sprintf("%s: %s: %s", f.Check, f.Outcome, f.Detail))
		for _, e := range f.Examples {
			out = append(out, fmt.Sprintf("  life %d connection %d at %s: %s", e.Life, e.Connection, e.At, e.What))
		}
	}
	return out
}

func seconds(m Moment) string {
	return strconv.FormatFloat(time.Duration(m).Seconds(), 'f', 3, 64)
}

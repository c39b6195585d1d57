package session

import (
	"encoding/xml"
	"errors"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// What a financial advisor's configuration consists of, as reqFA numbers it. Profiles, 2, are no
// longer there.
const (
	faGroups  = 1
	faAliases = 3
)

const (
	// faRequest is the id under which a Gateway refuses reqFA, which has none: Java's largest int.
	faRequest = 1<<31 - 1

	textNoAdvisor  = "FA data operations ignored for non FA customers."
	textNoFAData   = "Non-existent FA data operation request."
	textNeedsXML   = "An XML string is required for this operation."
	codeFAAccounts = 10231
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqFA:     on((*Session).reqFA),
		wire.ReplaceFA: on((*Session).replaceFA),
	})
}

// reqFA sends a part of an advisor's configuration as XML.
func (s *Session) reqFA(m *protobuf.FARequest) {
	if s.login.cfg.Advisor.Account == "" {
		s.fail(faRequest, codeValidating, validating(textNoAdvisor))
		return
	}
	var text string
	var err error
	switch m.GetFaDataType() {
	case faGroups:
		text, err = formatGroups(s.login.groups())
	case faAliases:
		text, err = s.login.formatAliases()
	default:
		s.fail(faRequest, codeValidating, validating(textNoFAData))
		return
	}
	if err != nil {
		s.fail(faRequest, codeValidating, validating(err.Error()))
		return
	}
	s.send(wire.ReceiveFA, &protobuf.ReceiveFA{FaDataType: m.FaDataType, Xml: proto.String(text)})
}

// listOfAliases is IBKR's XML of the names of accounts.
type listOfAliases struct {
	XMLName xml.Name   `xml:"ListOfAccountAliases"`
	Aliases []aliasXML `xml:"AccountAlias"`
}

type aliasXML struct {
	Account string `xml:"account"`
	Alias   string `xml:"alias"`
}

func (l *Login) formatAliases() (string, error) {
	var list listOfAliases
	for _, id := range l.allAccounts() {
		alias := l.cfg.Advisor.Aliases[id]
		if alias == "" {
			alias = id
		}
		list.Aliases = append(list.Aliases, aliasXML{Account: id, Alias: alias})
	}
	return formatXML(list)
}

// replaceFA replaces all groups at once. The text of its end is ours: no capture is known.
func (s *Session) replaceFA(m *protobuf.FAReplace) {
	id := int(m.GetReqId())
	switch {
	case s.login.cfg.Advisor.Account == "":
		s.fail(id, codeValidating, validating(textNoAdvisor))
		return
	case m.GetFaDataType() != faGroups:
		s.fail(id, codeValidating, validating(textNoFAData))
		return
	case m.GetXml() == "":
		s.fail(id, codeValidating, validating(textNeedsXML))
		return
	}
	groups, err := parseGroups(m.GetXml(), s.login.Accounts())
	if foreign := foreignAccounts(nil); errors.As(err, &foreign) {
		s.fail(id, codeFAAccounts, foreign.Error())
		return
	}
	if err != nil {
		s.fail(id, codeValidating, validating(err.Error()))
		return
	}
	s.login.replaceGroups(groups)
	s.send(wire.ReplaceFAEnd, &protobuf.ReplaceFAEnd{
		ReqId: num(id), Text: proto.String("success"),
	})
}

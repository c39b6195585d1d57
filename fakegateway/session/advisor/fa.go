package advisor

import (
	"encoding/xml"
	"errors"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
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

// ReqFA sends a part of an advisor's configuration as XML.
func (s *Session) ReqFA(m *protobuf.FARequest) {
	if s.login.cfg.Account == "" {
		s.client.Refuse(faRequest, client.Invalid(textNoAdvisor))
		return
	}
	var text string
	var err error
	switch m.GetFaDataType() {
	case faGroups:
		text, err = formatGroups(*s.login.groups.Load())
	case faAliases:
		text, err = s.login.formatAliases()
	default:
		s.client.Refuse(faRequest, client.Invalid(textNoFAData))
		return
	}
	if err != nil {
		s.client.Refuse(faRequest, client.Invalid(err.Error()))
		return
	}
	s.client.Send(wire.ReceiveFA, &protobuf.ReceiveFA{FaDataType: m.FaDataType, Xml: proto.String(text)})
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
	for _, id := range l.AllAccounts() {
		alias := l.cfg.Aliases[id]
		if alias == "" {
			alias = id
		}
		list.Aliases = append(list.Aliases, aliasXML{Account: id, Alias: alias})
	}
	return formatXML(list)
}

// ReplaceFA replaces all groups at once. The text of its end is ours: no capture is known.
func (s *Session) ReplaceFA(m *protobuf.FAReplace) {
	id := int(m.GetReqId())
	switch {
	case s.login.cfg.Account == "":
		s.client.Refuse(id, client.Invalid(textNoAdvisor))
		return
	case m.GetFaDataType() != faGroups:
		s.client.Refuse(id, client.Invalid(textNoFAData))
		return
	case m.GetXml() == "":
		s.client.Refuse(id, client.Invalid(textNeedsXML))
		return
	}
	groups, err := parseGroups(m.GetXml(), s.login.accounts)
	if foreign := foreignAccounts(nil); errors.As(err, &foreign) {
		s.client.Fail(id, codeFAAccounts, foreign.Error())
		return
	}
	if err != nil {
		s.client.Refuse(id, client.Invalid(err.Error()))
		return
	}
	s.login.groups.Store(&groups)
	s.client.Send(wire.ReplaceFAEnd, &protobuf.ReplaceFAEnd{
		ReqId: client.Num(id), Text: proto.String("success"),
	})
}

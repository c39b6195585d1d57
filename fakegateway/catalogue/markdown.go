package catalogue

import (
	"fmt"
	"strings"
)

const markdownHead = `# The catalogue

Every known way in which a client lost a Gateway, as a settings file that the fake runs. This page is
made by ` + "`fakegateway catalogue --markdown`" + `; a test compares the two, and another shows the wire behaviour of
every entry with a raw client on a real socket.

` + "```" + `
fakegateway --catalogue F08a                  run it
fakegateway catalogue F08a > mine.yaml        copy it, change it,
fakegateway --settings mine.yaml              and run that
` + "```" + `

In Go: ` + "`e, err := catalogue.Named(\"F08a\")`, then `fakegateway.Start(e.Config)`" + `. A number alone (F08) is the
first entry of that failure mode.

| entry | what happens | on the wire |
|---|---|---|
`

// Markdown is the catalogue as a page.
func Markdown() string {
	var page strings.Builder
	page.WriteString(markdownHead)
	for _, e := range all() {
		fmt.Fprintf(&page, "| [%s](../fakegateway/catalogue/%s-%s.yaml) %s | %s | %s |\n",
			e.ID, e.ID, e.Name, e.Name, e.Config.About.Summary, e.Config.About.Wire)
	}
	return page.String()
}

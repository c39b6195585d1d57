package scenarios_test

import (
	"bytes"
	"strings"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"ibsoak/fakegateway/catalogue"
	"ibsoak/harness"
	"ibsoak/internal/strictyaml"
	"ibsoak/scenarios"
)

var _ = Describe("the JSON Schema", func() {
	var schema *jsonschema.Schema
	BeforeEach(func() {
		text, err := scenarios.Schema()
		Expect(err).NotTo(HaveOccurred())
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		Expect(err).NotTo(HaveOccurred())
		c := jsonschema.NewCompiler()
		Expect(c.AddResource("scenario.json", document)).To(Succeed())
		schema, err = c.Compile("scenario.json")
		Expect(err).NotTo(HaveOccurred())
	})
	validate := func(text string) error {
		GinkgoHelper()
		data, err := strictyaml.JSON([]byte(text))
		Expect(err).NotTo(HaveOccurred())
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		Expect(err).NotTo(HaveOccurred())
		return schema.Validate(document)
	}

	It("accepts every scenario that there is", func() {
		for _, s := range scenarios.All() {
			text, err := scenarios.Marshal(s)
			Expect(err).NotTo(HaveOccurred())
			Expect(validate(string(text))).To(Succeed(), s.Name)
		}
	})

	It("accepts every entry of the catalogue as settings", func() {
		s := scenarios.All()[0]
		for _, e := range catalogue.All() {
			settings := harness.Settings(e.Config)
			s.Gateway = harness.Gateway{Settings: &settings}
			text, err := yaml.Marshal(s)
			Expect(err).NotTo(HaveOccurred())
			Expect(validate(string(text))).To(Succeed(), e.ID)
		}
	})

	const good = `
name: mine
summary: My trader works.
limit: 1m
gateway: {faults: [{use: end-withheld, with: {end: openOrderEnd}}]}
subject: {mode: once, runs: 1, exits: {refused: [10]}, reference: intent}
checks: [{name: exit-codes}]
`
	It("accepts what Parse does", func() {
		_, err := scenarios.Parse("good.yaml", []byte(good))
		Expect(err).NotTo(HaveOccurred())
		Expect(validate(good)).To(Succeed())
	})

	DescribeTable("refuses", func(old, new string) {
		Expect(good).To(ContainSubstring(old))
		bad := strings.Replace(good, old, new, 1)
		_, err := scenarios.Parse("bad.yaml", []byte(bad))
		Expect(err).To(HaveOccurred())
		Expect(validate(bad)).NotTo(Succeed())
	},
		Entry("an unknown key", "runs: 1", "lives: 1"),
		Entry("an unknown check", "exit-codes", "exit-code"),
		Entry("a duration without a unit", "1m", "1"),
		Entry("an unknown mode", "mode: once", "mode: twice"),
		Entry("an unknown class of exits", "refused:", "reused:"),
		Entry("an unknown setting", "faults:", "settings: {fillLatencies: 1m}, faults:"),
		Entry("an unknown profile", "faults:", "profile: hale, faults:"),
		Entry("an unknown key of a fault", "[{use: end-withheld, with: {end: openOrderEnd}}]", "[{then: now}]"),
		Entry("no limit", "limit: 1m", ""),
	)
})

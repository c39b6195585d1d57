package recording

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// Amounts says how a Scrubber replaces amounts of money, such as balances and profits.
type Amounts uint8

const (
	// ScaleAmounts multiplies every amount by the same number, so that sums, differences and ratios
	// stay correct. Whoever knows one amount, or can calculate one from public prices, can calculate
	// the others.
	ScaleAmounts Amounts = iota
	// ZeroAmounts makes every amount 0.
	ZeroAmounts
)

// Scrubber replaces everything that tells whose account a message is about: accounts, names, order
// references, permanent and execution ids, amounts. One Scrubber always gives equal originals equal
// replacements, in every field, and different originals different ones. The replacements depend on
// a random salt that is written nowhere. A Scrubber is safe for concurrent use.
type Scrubber struct {
	mu      sync.Mutex
	salt    []byte
	amounts Amounts
	factor  int64 // amounts are multiplied by factor/factorUnit

	given   map[string]string // replacement by sort and original
	taken   map[string]bool   // replacements that are in use, by sort and replacement
	known   map[string]string // replacement by original, for texts
	phrases []string          // originals in known that are more than one word, longest first
}

// NewScrubber makes a Scrubber with a new random salt.
func NewScrubber(amounts Amounts) (*Scrubber, error) {
	salt := make([]byte, sha256.Size)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("make scrubber: %w", err)
	}
	s := &Scrubber{
		salt: salt, amounts: amounts,
		given: make(map[string]string), taken: make(map[string]bool), known: make(map[string]string),
	}
	s.factor = s.drawFactor()
	return s, nil
}

// digest is a keyed hash: without the salt nobody can find an original by trying.
func (s *Scrubber) digest(sort, original string, attempt int) []byte {
	mac := hmac.New(sha256.New, s.salt)
	fmt.Fprintf(mac, "%s\x00%s\x00%d", sort, original, attempt)
	return mac.Sum(nil)
}

// Message returns a scrubbed copy of m. omitted names the fields that were left out because they are in
// no class.
func (s *Scrubber) Message(m wire.Message) (scrubbed wire.Message, omitted []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := proto.Clone(m.Body)
	s.message(body.ProtoReflect(), &omitted)
	return wire.Message{Kind: m.Kind, Body: body}, omitted
}

func (s *Scrubber) message(m protoreflect.Message, omitted *[]string) {
	if len(m.GetUnknown()) > 0 {
		m.SetUnknown(nil)
		*omitted = append(*omitted, "fields that the codec does not know")
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		s.field(m, f, v, omitted)
		return true
	})
}

func (s *Scrubber) field(
	m protoreflect.Message, f protoreflect.FieldDescriptor, v protoreflect.Value, omitted *[]string,
) {
	switch {
	case f.IsMap() && f.MapValue().Message() != nil:
		v.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
			s.message(item.Message(), omitted)
			return true
		})
	case !f.IsMap() && f.Message() != nil && f.IsList():
		for i := range v.List().Len() {
			s.message(v.List().Get(i).Message(), omitted)
		}
	case !f.IsMap() && f.Message() != nil:
		s.message(v.Message(), omitted)
	default:
		switch c := classOf(f); c {
		case public:
		case unlisted:
			m.Clear(f)
			*omitted = append(*omitted, string(f.Name()))
		default:
			s.replace(m, f, v, c)
		}
	}
}

// replace replaces the values of a field.
func (s *Scrubber) replace(
	m protoreflect.Message, f protoreflect.FieldDescriptor, v protoreflect.Value, c class,
) {
	switch {
	case f.IsMap():
		v.Map().Range(func(k protoreflect.MapKey, word protoreflect.Value) bool {
			v.Map().Set(k, protoreflect.ValueOfString(s.text(word.String())))
			return true
		})
	case f.IsList():
		for i := range v.List().Len() {
			v.List().Set(i, s.value(m, c, v.List().Get(i)))
		}
	default:
		m.Set(f, s.value(m, c, v))
	}
}

// value returns the replacement of one value, of the same type.
func (s *Scrubber) value(m protoreflect.Message, c class, v protoreflect.Value) protoreflect.Value {
	switch original := v.Interface().(type) {
	case string:
		return protoreflect.ValueOfString(s.word(m, c, original))
	case int64:
		return protoreflect.ValueOfInt64(s.permID(original))
	case float64:
		return protoreflect.ValueOfFloat64(s.amount(original))
	default:
		panic(fmt.Sprintf("recording: a private field of type %T", original)) // TestClasses
	}
}

func (s *Scrubber) word(m protoreflect.Message, c class, original string) string {
	switch c {
	case account:
		return s.account(original)
	case accountList:
		return s.accounts(original)
	case name:
		return s.name(original)
	case mixed:
		return s.mixed(original)
	case execID:
		return s.execID(original)
	case money:
		return s.decimal(original)
	case keyed:
		return s.tagged(tagOf(m), original)
	case text, options:
		return s.text(original)
	case faXML:
		return s.xml(original)
	case unlisted, public, permID:
	}
	panic(fmt.Sprintf("recording: class %d of a text", c)) // TestClasses
}

// tagOf returns the tag of an account value.
func tagOf(m protoreflect.Message) string {
	for _, field := range []protoreflect.Name{"key", "tag"} {
		if f := m.Descriptor().Fields().ByName(field); f != nil {
			return m.Get(f).String()
		}
	}
	return ""
}

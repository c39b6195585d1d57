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

// Amounts says what becomes of balances and profits.
type Amounts uint8

const (
	// ScaleAmounts multiplies every amount by one number, so that sums, differences and ratios
	// stay what they were. Whoever knows one amount, or a public price behind one, can work the
	// others out.
	ScaleAmounts Amounts = iota
	// ZeroAmounts makes every amount 0.
	ZeroAmounts
)

// Scrubber replaces what tells whose account a message is about: accounts, names, order
// references, permanent and execution ids, amounts. The same original gets the same replacement
// for as long as the Scrubber lives, wherever it stands, and different ones get different ones.
// What the replacements are depends on a salt that is drawn once and kept nowhere. It is safe for
// concurrent use.
type Scrubber struct {
	mu      sync.Mutex
	salt    []byte
	amounts Amounts
	factor  int64 // of amounts, in units of 1/factorUnit

	given   map[string]string // replacement by original, with its sort
	taken   map[string]bool   // replacements, with their sort
	known   map[string]string // replacement by original, for texts
	phrases []string          // the known ones that are more than a word, longest first
}

// NewScrubber draws a salt.
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

// digest is a keyed hash: without the salt nobody can try originals out.
func (s *Scrubber) digest(sort, original string, attempt int) []byte {
	mac := hmac.New(sha256.New, s.salt)
	fmt.Fprintf(mac, "%s\x00%s\x00%d", sort, original, attempt)
	return mac.Sum(nil)
}

// Message is m without anything private, in a body of its own. left names the fields that were
// left out because nobody has said what they tell.
func (s *Scrubber) Message(m wire.Message) (scrubbed wire.Message, left []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := proto.Clone(m.Body)
	s.message(body.ProtoReflect(), &left)
	return wire.Message{Kind: m.Kind, Body: body}, left
}

func (s *Scrubber) message(m protoreflect.Message, left *[]string) {
	if len(m.GetUnknown()) > 0 {
		m.SetUnknown(nil)
		*left = append(*left, "fields that the codec does not know")
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		s.field(m, f, v, left)
		return true
	})
}

func (s *Scrubber) field(
	m protoreflect.Message, f protoreflect.FieldDescriptor, v protoreflect.Value, left *[]string,
) {
	switch {
	case f.IsMap() && f.MapValue().Message() != nil:
		v.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
			s.message(item.Message(), left)
			return true
		})
	case !f.IsMap() && f.Message() != nil && f.IsList():
		for i := range v.List().Len() {
			s.message(v.List().Get(i).Message(), left)
		}
	case !f.IsMap() && f.Message() != nil:
		s.message(v.Message(), left)
	default:
		switch c := classOf(f); c {
		case public:
		case unlisted:
			m.Clear(f)
			*left = append(*left, string(f.Name()))
		default:
			s.replace(m, f, v, c)
		}
	}
}

// replace puts the replacements of a field's values in their places.
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

// value is a single value's replacement, of the same type.
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

// tagOf is what an account's value is the value of.
func tagOf(m protoreflect.Message) string {
	for _, field := range []protoreflect.Name{"key", "tag"} {
		if f := m.Descriptor().Fields().ByName(field); f != nil {
			return m.Get(f).String()
		}
	}
	return ""
}

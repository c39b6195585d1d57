package wire

import "bytes"

// DecodeLegible is Decode for a reader that acts on no name and no free text: in the text forms, bytes that are
// not UTF-8 are read as U+FFFD. Names and texts come in whatever character set the Gateway's host has (Latin-1
// and GBK are reported, ib_insync #121 and #257), and no identifier has such bytes.
func DecodeLegible(d Direction, payload []byte, v Version) (Message, error) {
	_, form, _, err := Identify(d, payload, v)
	if err != nil {
		return Message{}, err
	}
	begin := 0
	switch form {
	case Protobuf:
		return Decode(d, payload, v)
	case RawIDText:
		begin = rawIDBytes
	case Text:
	}
	legible := bytes.ToValidUTF8(payload[begin:], []byte("\uFFFD"))
	return Decode(d, append(payload[:begin:begin], legible...), v)
}

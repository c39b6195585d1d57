package connection

import "ibsoak/internal/wire"

const (
	firstSlab = 512 // bytes: most connections say little
	mostSlab  = 64 << 10

	// slabMargin is the room that most messages find enough. One that does not gets memory of its own.
	slabMargin = 256
)

// slab encodes messages one behind the other into shared memory, so that a stream of ticks does not
// allocate for each. Memory is never used again: queue and transcript keep what they were given,
// and the collector takes a slab when nothing in it is kept any more.
type slab struct{ room []byte }

// frame is m as a whole frame at version v.
func (s *slab) frame(m wire.Message, v wire.Version) ([]byte, error) {
	if cap(s.room)-len(s.room) < slabMargin {
		s.room = make([]byte, 0, min(max(firstSlab, 2*cap(s.room)), mostSlab))
	}
	start, room := len(s.room), cap(s.room)
	grown, err := wire.Append(s.room, m, v)
	if err != nil {
		return nil, err
	}
	if cap(grown) != room { // it moved, with all that was before it
		return append([]byte(nil), grown[start:]...), nil
	}
	s.room = grown
	return grown[start:len(grown):len(grown)], nil
}

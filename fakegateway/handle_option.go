package fakegateway

// sendOptionTicks sends what an option's quotes imply.
func (q *quotes) sendOptionTicks(*session, *tickTypes, state, bool) {}

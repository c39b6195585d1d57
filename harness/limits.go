package harness

import "time"

// What the harness waits for, how often it looks and how much it keeps. All in real time.
const (
	// ZombieBound is how long a socket may be in CLOSE_WAIT before it counts as a zombie. Every
	// healthy end passes through that state when its peer closes first, for microseconds.
	ZombieBound = time.Second

	// SettleTime is how long after a life's exit its sockets may take to go away. It exceeds
	// ZombieBound, so that what is still there is a zombie by time as well.
	SettleTime = 1500 * time.Millisecond

	// DialWithin is how long a life may take to its first connection, counted from its start or
	// from the moment the Gateway listens, whichever is later.
	DialWithin = 10 * time.Second

	// patienceMargin is what a continuous subject may take beyond everything that was planned
	// before the run is called stalled.
	patienceMargin = 10 * time.Second

	// DefaultLifeLimit bounds one life of mode Once.
	DefaultLifeLimit = 30 * time.Second

	// TermWithin is how soon after SIGTERM a subject should be gone; TermGrace is when the
	// harness stops waiting and sends SIGKILL.
	TermWithin = 3 * time.Second
	TermGrace  = 5 * time.Second

	// ReapWithin is how long a process may take to go after SIGKILL.
	ReapWithin = 5 * time.Second

	// closeWaitEvery is the period at which known connections are looked up in the kernel's table,
	// tableEvery that at which the table is read for connections that nobody told of, processEvery
	// that of the process sampler between cycles.
	closeWaitEvery = 20 * time.Millisecond
	tableEvery     = time.Second
	processEvery   = time.Second

	// lookShare and dumpShare are how many times as long as a look took the sampler rests at
	// least: looking up takes a fiftieth of one processor at most, and reading the whole table a
	// fifth, where there is no other way.
	lookShare = 49
	dumpShare = 4

	// maxFollowed bounds the connections that are followed by look-ups.
	maxFollowed = 4096

	// plantWithin is how long planting zombies may take.
	plantWithin = 10 * time.Second

	// StderrTailLines is how much of a life's stderr is kept in the record; all of it is in the
	// log beside the record.
	StderrTailLines = 20

	// maxSightings, maxTables and maxSamples bound a record; a run that reaches one of them says
	// so in its footer.
	maxSightings = 20_000
	maxTables    = 100_000
	maxAttempts  = 20_000
	maxHostDials = 20_000
	maxSamples   = 200_000

	// maxExamples is how many examples a finding carries.
	maxExamples = 5
)

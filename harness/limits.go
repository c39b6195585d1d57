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

	// closeWaitEvery and tableEvery are the periods of the kernel's two samplers, processEvery
	// that of the process sampler between cycles.
	closeWaitEvery = 20 * time.Millisecond
	tableEvery     = 250 * time.Millisecond
	processEvery   = time.Second

	// plantWithin is how long planting zombies may take.
	plantWithin = 10 * time.Second

	// StderrTailLines is how much of a life's stderr is kept in the record; all of it is in the
	// log beside the record.
	StderrTailLines = 20

	// maxSightings, maxTables and maxSamples bound a record; a run that reaches one of them says
	// so in its footer.
	maxSightings = 20_000
	maxTables    = 100_000
	maxSamples   = 200_000

	// maxMessages bounds the messages of a record; checks of what it could not hold are
	// inconclusive. An hour of 120 cycles with 100 messages each uses a twentieth of it.
	maxMessages = 250_000

	// maxCycles bounds the cycles of a record; a run that reaches it has seen enough and ends.
	maxCycles = 20_000

	// maxExamples is how many examples a finding carries.
	maxExamples = 5
)

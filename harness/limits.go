package harness

import "time"

// What the harness waits for, how often it looks and how much it keeps. All in real time.
const (
	// ZombieBound is how long a socket may be in CLOSE_WAIT before it counts as a zombie. Every
	// healthy end passes through that state when its peer closes first, for microseconds.
	ZombieBound = time.Second

	// SettleTime is how long after a life's exit its sockets and processes may take to go away. It
	// exceeds ZombieBound, so that what is still there is a zombie by time as well.
	SettleTime = 1500 * time.Millisecond

	// WatchAfter is how long after the last life the Gateway stays up and watched when the life left
	// something, or the scenario is about orders: what was left may act later.
	WatchAfter = 4 * time.Second

	// LateAfter is how long after a life's exit a connection must be accepted to be told from one that
	// the life itself made in its last moment and a busy Gateway took late.
	LateAfter = time.Second

	// AskedAfter is how long after a life's exit the Gateway must read a request to tell it from one
	// that was on its way then.
	AskedAfter = 100 * time.Millisecond

	// DialWithin is how long a life may take to its first connection, counted from its start or
	// from the moment the Gateway listens, whichever is later.
	DialWithin = 10 * time.Second

	// patienceMargin is what a continuous subject may take beyond everything that was planned
	// before the run is called stalled.
	patienceMargin = 10 * time.Second

	// DefaultLifeLimit bounds one life of mode Once, from its first connection on. After MaxOverlong
	// lives in a row that reached it no other is started.
	DefaultLifeLimit = 30 * time.Second
	MaxOverlong      = 3

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

	// gatewayWithin is how long the Gateway's process may take to be ready and to answer a control
	// request. gatewayStops is how long it may take to stop: it decodes what is still to be written
	// to the transcript, and after a burst of hundreds of answers, in a build for the race detector
	// on a busy machine, that was seen to take more than ten seconds.
	gatewayWithin = time.Minute
	gatewayStops  = time.Minute

	// gatewayEvents bounds the events that wait for the harness; gatewayFrames the frames of its
	// transcript that the Gateway keeps in memory, for its file has them all.
	gatewayEvents = 4096
	gatewayFrames = 1024

	// maxProblemBytes bounds what is read of the Gateway's error.
	maxProblemBytes = 4096

	// processShare keeps the process sampler below a fiftieth of one processor on a machine with
	// thousands of processes, whose table takes long to read.
	processShare = 50

	// outputWithin is how long after the end of a life's last process its output may take to end.
	outputWithin = 2 * time.Second

	// LogKept is how much of each end of a stream is kept in its log.
	LogKept = 1 << 20

	// LogStormBytes within LogWindow is a storm: a MiB a second for a quarter of a minute. A trader
	// that logs every message at the API's limit of 50 a second writes a twentieth of it; at that pace
	// a disk of 80 GB is full in a day.
	LogStormBytes = 16 << 20
	LogWindow     = 16 * time.Second

	// maxReadings bounds how often the table of processes is read again for one look.
	maxReadings = 5

	// maxProcesses bounds the processes in a record that have gone, maxCommandBytes the command line
	// of one.
	maxProcesses    = 20_000
	maxCommandBytes = 200

	// lookShare and dumpShare are how many times as long as a look took the sampler rests at
	// least: looking up takes a fiftieth of one processor at most, and reading the whole table a
	// fifth, where there is no other way.
	lookShare = 49
	dumpShare = 4

	// restAtMost ends that rest: a look during which another thread had the processor has taken
	// long and has cost nothing, and the oracle must not be blind for it.
	restAtMost = OracleFloor / 4

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

	// maxMessages bounds the messages of a record; checks of what it could not hold are
	// inconclusive. An hour of 120 cycles with 100 messages each uses a twentieth of it.
	maxMessages = 250_000

	// maxCycles bounds the cycles of a record; a run that reaches it has seen enough and ends.
	maxCycles = 20_000

	// maxExamples is how many examples a finding carries.
	maxExamples = 5
)

package harness

import (
	"net/netip"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// RecordVersion is the version of the record's form. Load refuses any other.
const RecordVersion = 2

// Moment is time since the run began, on the harness's monotonic clock, so that no step of the
// wall clock bends a measurement. 0 is "never". It is written "1.5s".
type Moment time.Duration

// String formats it as time.Duration does.
func (m Moment) String() string { return time.Duration(m).String() }

// MarshalText writes "1.5s".
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what time.ParseDuration accepts.
func (m *Moment) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*m = Moment(v)
	return nil
}

// Since is the time from an earlier moment to this one.
func (m Moment) Since(earlier Moment) time.Duration { return time.Duration(m - earlier) }

// Record is everything that was seen in one run. Judge needs nothing else, so a saved record can
// be judged again by a later version of the checks.
type Record struct {
	Header      Header
	Lives       []Life
	Connections []Connection
	Outages     []Outage
	Sightings   []Sighting
	Unread      []Unread
	Tables      []Table
	Looks       []Look
	Processes   []Process
	Loads       []MachineLoad
	Attempts    []Attempt
	HostDials   []HostDials
	Samples     []Sample
	Cycles      []Cycle
	Messages    []Message
	Receipts    []Receipt
	// KeeperSightings are the sockets in CLOSE_WAIT on the keeper's port: Gateway is the keeper's
	// address there. KeeperMessages are the requests that no client has made.
	KeeperSightings []Sighting
	KeeperMessages  []Message
	Books           Books
	Footer          Footer

	index *index // of the judge

	Dir string // where it was saved to or loaded from; not part of the record
}

// Header is what was planned, and where it ran.
type Header struct {
	Version   int            `json:"version"`
	Scenario  Scenario       `json:"scenario"`
	Seed      uint64         `json:"seed"`
	TimeScale float64        `json:"timeScale"`
	Command   []string       `json:"command"` // the template, before substitution
	Started   time.Time      `json:"started"` // wall clock, UTC
	Host      Host           `json:"host"`
	Gateway   netip.AddrPort `json:"gateway"`
	// Keeper stood between the subject and the Gateway; nil: the subject connected to it directly.
	Keeper *KeeperLeg `json:"keeper,omitempty"`
	// Schedule is the scenario's faults with their final ids, in the order they were tried.
	Schedule fault.Schedule `json:"schedule"`
	// Kernel is empty when the kernel's socket table could be read, else why it could not:
	// then only the Gateway's own timing (L0) speaks about sockets.
	Kernel string `json:"kernel,omitempty"`
	// UnreadUnseen says why answers that were never read could not be seen; empty when they could.
	UnreadUnseen string `json:"unreadUnseen,omitempty"`
	// Run tells this run's processes from all others: see lifeVariable.
	Run string `json:"run,omitempty"`
	// Unfollowed is what could not be used to follow the subject's processes, each with its reason.
	Unfollowed []string `json:"unfollowed,omitempty"`
	// Sabotage is set when the harness was broken on purpose: the run is about the harness.
	Sabotage Sabotage `json:"sabotage,omitempty"`
	// Unseen says why connects that nobody accepted could not be seen; empty when they could.
	Unseen string `json:"unseen,omitempty"`
	// Part says which part of a plan the run is; nil: it stands alone.
	Part *Part `json:"part,omitempty"`
}

// Part is a run's place in a plan of many: see package shard.
type Part struct {
	Plan    string `json:"plan"`    // its identity: the SHA-256 of what it says
	Run     string `json:"run"`     // the name of the run in it
	Shard   int    `json:"shard"`   // from 1
	Program string `json:"program"` // what soak was built from
}

// Host is the machine of a run.
type Host struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
	// Owners is set where the harness could read which process holds a socket.
	Owners bool `json:"owners,omitempty"`
}

// EndedBy says what ended a life.
type EndedBy string

// The ends of a life.
const (
	EndedItself   EndedBy = "itself"
	EndedSIGTERM  EndedBy = "SIGTERM"     // asked by the harness, and obeyed
	EndedSIGKILL  EndedBy = "SIGKILL"     // SIGTERM was not obeyed within TermGrace
	EndedKillAt   EndedBy = "kill-at"     // SIGKILL at the scenario's point
	EndedUnstart  EndedBy = "not-started" // the command could not be started
	EndedNoDial   EndedBy = "no-dial"     // stopped: it had not connected within Trader.ConnectWithin
	EndedOverlong EndedBy = "life-limit"  // stopped: it outlived the life limit
	EndedCut      EndedBy = "cut-short"   // it was running when the run was cut short
	EndedLimit    EndedBy = "limit"       // stopped: Scenario.Limit was reached
)

// Life is one process of the subject, from start to exit.
type Life struct {
	Number   int      `json:"number"` // from 1
	Command  []string `json:"command"`
	PID      int      `json:"pid"`
	Started  Moment   `json:"started"`
	TermSent Moment   `json:"termSent,omitempty"` // SIGTERM to the process
	KillSent Moment   `json:"killSent,omitempty"` // SIGKILL to the process group
	Exited   Moment   `json:"exited"`
	ExitCode int      `json:"exitCode"`         // -1 when a signal ended it
	Signal   string   `json:"signal,omitempty"` // the signal that ended it
	EndedBy  EndedBy  `json:"endedBy"`
	// KillPoint is the Gateway's event that triggered a kill-at.
	KillPoint string `json:"killPoint,omitempty"`
	// Leftovers are processes of its tree that outlived it and the settle time, each with what it
	// holds on the Gateway's port and listens on; the harness ended them.
	Leftovers []string `json:"leftovers,omitempty"`
	// OutputHeld tells that its output was still open when every process that the harness knew of
	// was gone: another one, which the harness could not see, holds it.
	OutputHeld bool `json:"outputHeld,omitempty"`
	// StdoutBytes and StderrBytes are what it and its children wrote; the logs keep the first and the
	// last LogKept of each. BusiestBytes is the most of both within LogWindow.
	StdoutBytes  int64 `json:"stdoutBytes,omitempty"`
	StderrBytes  int64 `json:"stderrBytes,omitempty"`
	BusiestBytes int64 `json:"busiestBytes,omitempty"`
	// Stderr is the tail of what it said, at most StderrTailLines lines.
	Stderr []string `json:"stderr,omitempty"`
	Error  string   `json:"error,omitempty"` // why it could not be started
}

// Connection is one row of the Gateway's ledger.
type Connection struct {
	ID            int            `json:"id"`
	Epoch         int            `json:"epoch"`
	Life          int            `json:"life"`   // 0: accepted outside any life
	Local         netip.AddrPort `json:"local"`  // the Gateway's end
	Remote        netip.AddrPort `json:"remote"` // the client's end
	ClientID      *int           `json:"clientId,omitempty"`
	FirstBytes    []byte         `json:"firstBytes,omitempty"`
	Preamble      bool           `json:"preamble"` // complete
	ServerVersion int            `json:"serverVersion,omitempty"`

	Accepted       Moment `json:"accepted"`
	FirstByte      Moment `json:"firstByte,omitempty"`
	PreambleRead   Moment `json:"preambleRead,omitempty"`
	VersionSent    Moment `json:"versionSent,omitempty"`
	StartAPIRead   Moment `json:"startApiRead,omitempty"`
	BootstrapSent  Moment `json:"bootstrapSent,omitempty"`
	FirstRequested Moment `json:"firstRequested,omitempty"`

	BytesIn  int64 `json:"bytesIn"`
	BytesOut int64 `json:"bytesOut"`

	// Busiest is the largest number of messages that the client sent in any one second of the
	// Gateway's clock, which runs TimeScale times as fast as real time; BusiestReal in any one
	// second of real time. At time scale 1 they are the same.
	Busiest     Rate `json:"busiest,omitzero"`
	BusiestReal Rate `json:"busiestReal,omitzero"`

	ClientFIN   Moment `json:"clientFin,omitempty"`
	ClientRST   Moment `json:"clientRst,omitempty"`
	GatewayFIN  Moment `json:"gatewayFin,omitempty"`
	GatewayRST  Moment `json:"gatewayRst,omitempty"`
	Closed      Moment `json:"closed,omitempty"`
	ClosedFirst string `json:"closedFirst,omitempty"` // "client", "gateway" or ""

	Held    bool     `json:"held,omitempty"`    // by a fault: never closed
	Planted bool     `json:"planted,omitempty"` // by the harness: not the subject's
	Faults  []string `json:"faults,omitempty"`
	End     string   `json:"end,omitempty"`
}

// Rate is how many messages came in one second, and when the last of them was read.
type Rate struct {
	Messages int    `json:"messages"`
	At       Moment `json:"at"`
}

// Outage is a time in which the Gateway could not serve: from its first refusal to the moment
// when it would serve a session again.
type Outage struct {
	From      Moment `json:"from"`
	Listening Moment `json:"listening,omitempty"` // accepts connections again
	Ready     Moment `json:"ready,omitempty"`     // completes handshakes again
}

// Side is an end of a connection.
type Side string

// The two ends.
const (
	GatewaySide Side = "gateway"
	TraderSide  Side = "trader"
)

// Sighting is one socket that the kernel's table showed in CLOSE_WAIT. Its true dwell lies
// between Last-First and After-Before.
type Sighting struct {
	Side    Side           `json:"side"` // whose socket it is
	Gateway netip.AddrPort `json:"gateway"`
	Client  netip.AddrPort `json:"client"`
	Inode   uint64         `json:"inode,omitempty"` // 0: in the accept queue, nobody's descriptor yet
	Before  Moment         `json:"before,omitempty"`
	First   Moment         `json:"first"`
	Last    Moment         `json:"last"`
	After   Moment         `json:"after,omitempty"` // 0: still there at the run's last look
	Planted bool           `json:"planted,omitempty"`
}

// Table is the number of sockets by side and state, kept when it differs from the row before.
type Table struct {
	At      Moment         `json:"at"`
	Gateway map[string]int `json:"gateway,omitempty"`
	Trader  map[string]int `json:"trader,omitempty"`
}

// Look is the kernel's table at quiescence: after a life has exited and the Gateway has closed
// what it was going to close, or SettleTime is over.
type Look struct {
	Life    int    `json:"life"`
	At      Moment `json:"at"`
	Settled bool   `json:"settled"` // before SettleTime was over
	// The sockets in CLOSE_WAIT by their client's address, planted ones left out.
	Gateway []netip.AddrPort `json:"gateway,omitempty"`
	Trader  []netip.AddrPort `json:"trader,omitempty"`
	// Open are the subject's connections that the Gateway had not seen the end of.
	Open []OpenSession `json:"open,omitempty"`
	// Blind says why the kernel or the Gateway could not be asked.
	Blind string `json:"blind,omitempty"`
}

// OpenSession is a connection that the Gateway had not seen the end of at quiescence.
type OpenSession struct {
	Connection int            `json:"connection"`
	Client     netip.AddrPort `json:"client"`
	// State is that of the trader's socket in the kernel's table: "" when it could not be asked,
	// "gone" when no process has the socket any more.
	State string `json:"state,omitempty"`
	// Holder is the process of the subject that has the socket open, when that is known.
	Holder string `json:"holder,omitempty"`
}

// SessionGone is the State of a session whose trader has let go of its socket.
const SessionGone = "gone"

// Relation says how a process was known to be the subject's.
type Relation string

// The relations.
const (
	RelatedStarted Relation = "started" // by the harness: the life's first process
	RelatedChild   Relation = "child"   // of a process of the subject
	RelatedGroup   Relation = "group"   // in a process group that one leads
	RelatedSession Relation = "session" // in a session that one leads
	RelatedCgroup  Relation = "cgroup"  // in the life's control group
	RelatedTag     Relation = "tag"     // by the environment that the life was given
	RelatedOrphan  Relation = "orphan"  // handed to the harness by the kernel
)

// Process is a process of a life as the system's table showed it.
type Process struct {
	Life      int      `json:"life"`
	PID       int      `json:"pid"`
	Parent    int      `json:"parent"` // when it was first seen
	Command   string   `json:"command"`
	Related   Relation `json:"related"`
	Started   Moment   `json:"started"`
	FirstSeen Moment   `json:"firstSeen"`
	Gone      Moment   `json:"gone,omitempty"` // not in the table any more; 0: still there at the end
	// Unreaped tells that it had ended and its parent had not waited for it when it was last seen.
	Unreaped bool `json:"unreaped,omitempty"`
	Left     bool `json:"left,omitempty"`  // it outlived its life and the settle time
	Ended    bool `json:"ended,omitempty"` // by the harness, after that
}

// Sample is the size of all processes of a life.
type Sample struct {
	Life     int    `json:"life"`
	Cycle    int    `json:"cycle,omitempty"` // taken when this cycle was answered; 0: by time
	At       Moment `json:"at"`
	FDs      int    `json:"fds"`
	Threads  int    `json:"threads"`
	RSSBytes int64  `json:"rssBytes"`
	// Processes counts them, those included that have ended unreaped: their parent, which still
	// runs, has not waited for them.
	Processes int `json:"processes,omitempty"`
	Unreaped  int `json:"unreaped,omitempty"`
	// OwnsSession tells that one of them had the trader's end of an established session open. Where
	// that is never so, the numbers are of a launcher and not of the trader.
	OwnsSession bool `json:"ownsSession,omitempty"`
	// Foreign is a connection whose trader's end was open and in none of them, 0 for none. It is
	// looked for only while OwnsSession is false, and unknown when one of them could not be read.
	Foreign int `json:"foreign,omitempty"`
}

// Cycle is a piece of work that the Gateway saw done: what was asked for in one go and the first
// full answer to it, an order that it took, or an interval in which a subscription brought updates.
type Cycle struct {
	Number     int    `json:"number"` // from 1
	Life       int    `json:"life"`
	Connection int    `json:"connection"`
	Requested  Moment `json:"requested"`
	Answered   Moment `json:"answered"`
	// Kind is IBKR's name of the request that was answered first; Symbol and Ref are its contract's
	// and, of an order, its orderRef.
	Kind   string `json:"kind,omitempty"`
	Symbol string `json:"symbol,omitempty"`
	Ref    string `json:"orderRef,omitempty"`
	// Through is how many bytes the Gateway had written to the connection when the answer was whole;
	// 0: not known.
	Through int64 `json:"through,omitempty"`
}

// Message is a message that some check asks about: a request, an order, an answer or a notice, in
// the order of the wire on its connection. Kind is fakegateway.KindMalformed for what the Gateway
// could not read. Ticks, bars and the other kinds of unkept are not kept one by one.
type Message struct {
	At Moment `json:"at"`
	// Begun is when the Gateway began to write it, or had read its bytes: it handles a message
	// later than that.
	Begun      Moment `json:"begun,omitempty"`
	Life       int    `json:"life"` // 0: outside any life
	Connection int    `json:"connection"`
	// FromClient tells a request, which the Gateway has read, from what it wrote to the client.
	FromClient bool   `json:"fromClient,omitempty"`
	Kind       string `json:"kind"` // IBKR's name
	fakegateway.Digest
}

// Receipt is a fault's receipt on the run's clock.
type Receipt struct {
	Fault      string       `json:"fault"`
	Planned    fault.Action `json:"planned"`
	Wire       string       `json:"wire"`
	Connection int          `json:"connection,omitempty"`
	Point      string       `json:"point"`
	At         Moment       `json:"at"`
	BytesOut   int64        `json:"bytesOut,omitempty"`
	Mismatch   string       `json:"mismatch,omitempty"`
}

// Footer is what is known when the run is over.
type Footer struct {
	Ended Moment `json:"ended"`
	Stop  Stop   `json:"stop"`
	// Why says in words what ended the run early, and by which of the harness's timers.
	Why string `json:"why,omitempty"`
	// ProcessesDropped counts processes that came and went after maxProcesses others.
	ProcessesDropped int `json:"processesDropped,omitempty"`
	// Looks is how often the kernel's table was read for CLOSE_WAIT, LongestGap the longest time
	// between two such readings: a dwell shorter than that may have been missed by the kernel's
	// oracle, and by that one only.
	Looks      int            `json:"looks"`
	LongestGap fault.Duration `json:"longestGap"`
	// UnreadLost says why some answers that were never read may have gone unseen; empty when none can.
	UnreadLost string `json:"unreadLost,omitempty"`
	// MessagesLost counts messages that were not kept because there were maxMessages already.
	MessagesLost int `json:"messagesLost,omitempty"`
	// LongestLag is the longest time from something that the Gateway saw to the moment when the
	// harness took note of it: what a busy machine adds to every measurement.
	LongestLag fault.Duration `json:"longestLag,omitempty"`
	// Dropped counts Gateway events that the harness was too slow to take.
	Dropped int `json:"dropped,omitempty"`
	// GatewayEnd is set when the Gateway ended, or was stopped, without the harness's doing.
	GatewayEnd *GatewayEnd `json:"gatewayEnd,omitempty"`
	// Cut is when the run was cut short, by an interrupt or by the end of the Gateway or of the
	// harness. What came later, and what had not come by then, shows nothing. 0: it was not.
	Cut Moment `json:"cut,omitempty"`
	// Errors are faults of the harness itself; any makes the verdict a harness error.
	Errors []string `json:"errors,omitempty"`
	// Lines is how many lines of each kind are in the file. Write makes it and Read checks it.
	Lines map[string]int `json:"lines,omitempty"`
}

// Stop says why a run ended.
type Stop string

// The reasons.
const (
	StopDone        Stop = "done"
	StopNeverDialed Stop = "never-dialled" // the subject did not connect within DialWithin
	StopExited      Stop = "exited"        // the continuous subject exited before it was asked
	StopStalled     Stop = "stalled"       // no cycle for as long as any fault and recovery may take
	StopLimit       Stop = "limit"         // Scenario.Limit
	StopOverlong    Stop = "overlong"      // MaxOverlong lives in a row did not end by themselves
	StopInterrupted Stop = "interrupted"   // the caller's context
	StopGateway     Stop = "gateway"       // the Gateway ended, or was stopped, from outside
	StopKilled      Stop = "killed"        // the harness itself; the record is made from its journal
	StopHarness     Stop = "harness"       // an error of the harness
)

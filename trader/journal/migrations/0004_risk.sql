-- The kill switch: every change of it. The last row is what holds; no row is not halted.
CREATE TABLE halts (
    seq     INTEGER PRIMARY KEY,
    account TEXT NOT NULL DEFAULT '',              -- '' while the journal is of none yet
    halted  INTEGER NOT NULL,                      -- 0 is a resume
    cause   TEXT NOT NULL,                         -- 'person', or which limit tripped it
    reason  TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;

-- What an account's limits on losses are measured from. One row an account: the day only goes forward.
CREATE TABLE risk_days (
    account TEXT PRIMARY KEY,
    day     TEXT NOT NULL,                         -- exchange day
    start   TEXT NOT NULL,                         -- equity when the day began: the last one of the day before
    peak    TEXT NOT NULL,                         -- highest equity ever
    equity  TEXT NOT NULL,                         -- the last one
    rebase  INTEGER NOT NULL DEFAULT 0,            -- a person accepted the loss: measure from the next equity
    at      TEXT NOT NULL
) STRICT;

-- Shares of ours that somebody else sold, at the price that they count with from then on. Those of
-- journals from before this table are in positions.ceded alone and have no price.
CREATE TABLE cessions (
    seq     INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    con_id  INTEGER NOT NULL,
    shares  TEXT NOT NULL,
    price   TEXT NOT NULL,
    at      TEXT NOT NULL
) STRICT;

-- What the broker last said of an account's cash, beside what the books said then.
CREATE TABLE account_cash (
    account  TEXT NOT NULL,
    currency TEXT NOT NULL,
    cash     TEXT NOT NULL,                        -- the broker's
    books    TEXT NOT NULL,                        -- the books' change of cash
    others   INTEGER NOT NULL,                     -- executions of others by then
    at       TEXT NOT NULL,
    PRIMARY KEY (account, currency)
) STRICT;

-- Changes of an account's cash that no execution explains.
CREATE TABLE cash_differences (
    seq      INTEGER PRIMARY KEY,
    account  TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount   TEXT NOT NULL,                        -- the broker's cash less what the books explain
    why      TEXT NOT NULL,
    at       TEXT NOT NULL
) STRICT;

CREATE INDEX intents_by_time ON intents (account, created_at);

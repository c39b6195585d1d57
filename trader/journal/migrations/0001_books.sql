-- Intents: what the trader decided to send, written and synced before anything is sent.
CREATE TABLE intents (
    id              TEXT PRIMARY KEY,              -- the order's orderRef
    account         TEXT NOT NULL,
    symbol          TEXT NOT NULL,
    con_id          INTEGER NOT NULL,
    client_id       INTEGER NOT NULL,
    order_id        INTEGER NOT NULL,
    perm_id         INTEGER NOT NULL DEFAULT 0,
    action          TEXT NOT NULL CHECK (action IN ('BUY', 'SELL')),
    quantity        TEXT NOT NULL,
    type            TEXT NOT NULL,
    limit_price     TEXT NOT NULL,
    reference_price TEXT NOT NULL,                 -- the close that it was decided on
    bar_end         TEXT NOT NULL,
    day             TEXT NOT NULL,                 -- exchange day, for limits per day
    cycle           INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('prepared', 'sent', 'working', 'unknown', 'ended',
                        'filled', 'cancelled', 'rejected', 'not-sent', 'absent')),
    reason          TEXT NOT NULL DEFAULT '',
    created_at      TEXT NOT NULL,
    updated_at      TEXT NOT NULL
) STRICT;
CREATE INDEX intents_by_day ON intents (account, symbol, day);
CREATE INDEX intents_by_state ON intents (state);
-- One decision a closed bar: a second one for the same bar can only be a duplicate.
CREATE UNIQUE INDEX intents_one_a_bar ON intents (account, con_id, bar_end)
    WHERE state <> 'not-sent';

-- Every change of an intent's state, for people who ask what happened.
CREATE TABLE intent_log (
    seq    INTEGER PRIMARY KEY,
    intent TEXT NOT NULL REFERENCES intents (id),
    state  TEXT NOT NULL,
    reason TEXT NOT NULL,
    at     TEXT NOT NULL
) STRICT;
CREATE INDEX intent_log_by_intent ON intent_log (intent);

-- Executions by the part of the execId before its last dot; a correction replaces the row.
CREATE TABLE executions (
    exec_base TEXT PRIMARY KEY,
    exec_id   TEXT NOT NULL,
    revision  INTEGER NOT NULL,
    intent    TEXT REFERENCES intents (id),        -- NULL: not ours
    account   TEXT NOT NULL,
    con_id    INTEGER NOT NULL,
    symbol    TEXT NOT NULL,
    order_id  INTEGER NOT NULL,
    perm_id   INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    side      TEXT NOT NULL CHECK (side IN ('BOT', 'SLD')),
    shares    TEXT NOT NULL,
    price     TEXT NOT NULL,
    at        TEXT NOT NULL,
    booked_at TEXT NOT NULL
) STRICT;
CREATE INDEX executions_by_intent ON executions (intent);
CREATE INDEX executions_by_contract ON executions (account, con_id);

-- Commission reports may come before their execution, after it, or twice.
CREATE TABLE commissions (
    exec_base TEXT PRIMARY KEY,
    exec_id   TEXT NOT NULL,
    revision  INTEGER NOT NULL,
    amount    TEXT NOT NULL,
    currency  TEXT NOT NULL,
    realized  TEXT                                  -- NULL: the broker gave none
) STRICT;

-- Positions: own is what our intents traded; total is the account's, opening and others' included.
CREATE TABLE positions (
    account TEXT NOT NULL,
    con_id  INTEGER NOT NULL,
    symbol  TEXT NOT NULL,
    own     TEXT NOT NULL,
    opening TEXT NOT NULL,
    total   TEXT NOT NULL,
    PRIMARY KEY (account, con_id)
) STRICT;

-- Accounts: cash is the change since the journal began, of our own executions and commissions.
CREATE TABLE accounts (
    account   TEXT PRIMARY KEY,
    cash      TEXT NOT NULL,
    opened_at TEXT NOT NULL DEFAULT ''             -- when the opening positions were taken over
) STRICT;

CREATE TABLE order_ids (
    client_id INTEGER PRIMARY KEY,
    floor     INTEGER NOT NULL                      -- the highest id ever used
) STRICT;

CREATE TABLE cycles (
    id         INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    ended_at   TEXT NOT NULL DEFAULT '',
    outcome    TEXT NOT NULL DEFAULT '',
    detail     TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE decisions (
    cycle   INTEGER NOT NULL REFERENCES cycles (id),
    symbol  TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason  TEXT NOT NULL,
    bar_end TEXT NOT NULL,
    close   TEXT NOT NULL,
    held    TEXT NOT NULL,
    target  TEXT NOT NULL,
    intent  TEXT NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (cycle, symbol)
) STRICT;

-- Protective orders are intents of a role: "stop", "target", or "reduce" where no stop could be had. Those of
-- a strategy have none. Orders of one oca_group cancel or reduce each other at the broker.
ALTER TABLE intents ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE intents ADD COLUMN oca_group TEXT NOT NULL DEFAULT '';
ALTER TABLE intents ADD COLUMN stop_price TEXT NOT NULL DEFAULT '0'; -- of a trailing stop as told last
ALTER TABLE intents ADD COLUMN trail TEXT NOT NULL DEFAULT '';       -- "1%" or an amount, of a trailing stop
DROP INDEX intents_one_a_bar;
CREATE UNIQUE INDEX intents_one_a_bar ON intents (account, con_id, bar_end)
    WHERE state <> 'not-sent' AND role = '';

-- Protections: the levels of a position, from its first share until it is flat, and what forbids another.
CREATE TABLE protections (
    account   TEXT NOT NULL,
    con_id    INTEGER NOT NULL,
    oca_group TEXT NOT NULL,                     -- '' while flat
    stop      TEXT NOT NULL,
    target    TEXT NOT NULL,                     -- 0: none
    shut_day  TEXT NOT NULL DEFAULT '',          -- no new position on this exchange day
    shut_why  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account, con_id)
) STRICT;

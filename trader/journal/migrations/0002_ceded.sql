-- Shares of ours that somebody else sold: they are not the trader's any more.
ALTER TABLE positions ADD COLUMN ceded TEXT NOT NULL DEFAULT '0';

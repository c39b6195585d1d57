-- An execution that nobody told: the change of position, or a person, says that it happened.
ALTER TABLE executions ADD COLUMN assumed INTEGER NOT NULL DEFAULT 0;

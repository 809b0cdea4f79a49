-- The use log is read: by time, by client, and by who acted. A line's number is part of each index, so
-- that lines of one instant keep their order. A released migration is never edited.
CREATE INDEX log_by_time ON use_log (at);
CREATE INDEX log_by_client ON use_log (client_key, at) WHERE client_key IS NOT NULL;
CREATE INDEX log_by_actor ON use_log (actor, at);

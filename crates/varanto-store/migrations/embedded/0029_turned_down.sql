-- Which submissions were turned down, in the order of time: what a register's keeper is told of is found without reading the
-- whole log. A released migration is never edited.
CREATE INDEX log_of_turned_down ON use_log (at) WHERE event = 0 AND (version_key IS NULL OR detail = 'resent');

-- Commands that came before their ticket wait where those of parked tickets do, but not for ever.
alter table {vault}.parked add column early_until timestamptz;

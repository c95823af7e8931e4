-- Commands that came before their ticket wait where those of parked tickets do, but not for ever.
alter table {vault}.parked add column early_until timestamptz;
create index parked_early on {vault}.parked (bucket, ticket)
    where early_until is not null and dropped_at is null;

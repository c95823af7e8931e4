-- The few that wait for their ticket are found however many records wait for operators.
create index parked_early on {vault}.parked (bucket, ticket)
    where early_until is not null and dropped_at is null;

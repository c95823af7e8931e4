-- What passed a ticket on from citizen, hotline or unit to the next (R33): one row per fact.
create table {schema}.moment (
    bucket int not null,
    ticket text not null,
    fact   text not null,
    at     timestamptz not null,
    type   text not null,
    unit   text not null,
    reason text not null,
    primary key (bucket, ticket, fact)
);

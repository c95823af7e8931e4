-- One row per run of a clock, as clerks read it; written by the bucket's owner in topic order.
create table {schema}.clock (
    bucket     int not null,
    ticket     text not null,
    clock      text not null,
    run        int not null,
    unit       text not null,
    state      text not null,
    started_at timestamptz not null,
    due_at     timestamptz,
    missed     boolean not null,
    primary key (bucket, ticket, clock, run)
);
create index clock_due on {schema}.clock (unit, due_at) where state = 'running';

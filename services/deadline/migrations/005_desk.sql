-- Applications for an extension that wait for the hotline (R22): one row each, gone when answered.
create table {schema}.application (
    bucket       int not null,
    ticket       text not null,
    clock        text not null,
    run          int not null,
    working_days int not null,
    unit         text not null,
    reason       text not null,
    document     text not null,
    asked_at     timestamptz not null,
    alarmed      boolean not null,
    primary key (bucket, ticket, clock, run, working_days)
);
-- Clocks that a calendar moved (R27): the last move of each run.
create table {schema}.moved_clock (
    bucket     int not null,
    ticket     text not null,
    clock      text not null,
    run        int not null,
    unit       text not null,
    calendar   text not null,
    old_due_at timestamptz not null,
    due_at     timestamptz not null,
    primary key (bucket, ticket, clock, run)
);
create index moved_clock_by on {schema}.moved_clock (calendar, bucket, ticket);

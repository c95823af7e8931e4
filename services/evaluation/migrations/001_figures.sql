-- Counts of one unit in one month of the city, per bucket: the owner of a bucket writes its rows.
create table {schema}.figures (
    bucket            int not null,
    unit              text not null,
    period            text not null,
    entries           bigint not null,
    visited           bigint not null,
    contacted         bigint not null,
    solved            bigint not null,
    satisfied         bigint not null,
    on_time           bigint not null,
    confirmed_on_time bigint not null,
    primary key (bucket, unit, period)
);

-- Visits that somebody has to make.
create table {schema}.visit (
    bucket       int not null,
    ticket       text not null,
    unit         text not null,
    round        int not null,
    category     text not null,
    area         text not null,
    level        text not null,
    scheduled_at timestamptz not null,
    attempts     int not null,
    primary key (bucket, ticket)
);
create index visit_scheduled on {schema}.visit (scheduled_at, ticket);

-- What datasync keeps: {schema} is a function of the topic and may be dropped and made again,
-- {vault} says how far departments have been told and is never dropped.

-- The ticket file: every fact of every service, written once, in the order of the topic.
create table {schema}.fact (
    bucket      int not null,
    ticket      text not null,
    source      text not null,
    version     int not null,
    position    bigint not null,
    type        text not null,
    time        timestamptz not null,
    recorded_at timestamptz not null,
    stage       text not null,
    import_id   text not null,
    log_offset  bigint not null,
    data        bytea not null,
    digest      bytea not null,
    primary key (bucket, source, position)
);
create index fact_ticket on {schema}.fact (bucket, ticket);

create table {schema}.ticket (
    bucket      int not null,
    ticket      text not null,
    state       text not null,
    kind        text not null,
    urgency     text not null,
    category    text not null,
    area        text not null,
    level       text not null,
    unit        text not null,
    co_handlers text[] not null,
    about_unit  text not null,
    title       text not null,
    channel     text not null,
    received_at timestamptz not null,
    updated_at  timestamptz not null,
    primary key (bucket, ticket)
) with (fillfactor = 80);
create index ticket_received on {schema}.ticket (received_at desc, ticket desc);
create index ticket_unit on {schema}.ticket (unit, received_at desc, ticket desc);

-- What each subscription was given, dense and chained from sequence 1 in every bucket.
create table {schema}.feed (
    subscription text not null,
    bucket       int not null,
    sequence     bigint not null,
    source       text not null,
    position     bigint not null,
    ticket       text not null,
    event_id     text not null,
    digest       bytea not null,
    rule_version text not null,
    chain        bytea not null,
    primary key (subscription, bucket, sequence)
);

create table {vault}.cursor (
    subscription       text not null,
    bucket             int not null,
    way                text not null,
    delivered_sequence bigint not null,
    primary key (subscription, bucket, way)
);

-- A ticket whose webhook failed: its entries from `from_sequence` on wait here, nobody else's do.
-- `next_at` null: the schedule is used up, an operator has to release it.
create table {vault}.webhook_ticket (
    subscription  text not null,
    bucket        int not null,
    ticket        text not null,
    from_sequence bigint not null,
    attempts      int not null,
    next_at       timestamptz,
    reason        text not null,
    primary key (subscription, bucket, ticket)
);

-- What an endpoint asked of us: rest until `not_before` (Retry-After), or stop (410).
create table {vault}.webhook_endpoint (
    subscription text primary key,
    not_before   timestamptz,
    stopped_at   timestamptz,
    reason       text not null
);

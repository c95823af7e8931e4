-- What an operator drops stays on record, for a view that is built again has to leave it out too.
alter table {vault}.parked add column dropped_at timestamptz, add column dropped_by text;
drop index {vault}.parked_ticket;
create index parked_ticket on {vault}.parked (bucket, ticket, id) where dropped_at is null;

-- What operators ask of the bucket's owner, whichever process that is, and what came of it.
create table {vault}.parked_order (
    id       bigint generated always as identity primary key,
    bucket   int not null,
    ticket   text not null,
    action   text not null check (action in ('retry', 'drop')),
    by       text not null,
    asked_at timestamptz not null default now(),
    done_at  timestamptz,
    outcome  text
);
create unique index parked_order_open on {vault}.parked_order (bucket, ticket) where done_at is null;

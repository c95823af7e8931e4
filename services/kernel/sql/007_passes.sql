-- Passes for one request each; only their hashes are kept, for a minute.
create table {vault}.pass (
    digest     bytea primary key,
    purpose    text not null,
    claims     bytea not null,
    expires_at timestamptz not null
);
create index pass_expired on {vault}.pass (expires_at);

-- Answers to commands that could not be decided (not proven, not readable, not allowed): they take
-- no command id, but who sent them is told, also where the process dies before it could say so.
create table {vault}.refused (
    sender text not null,
    key    text not null,
    ticket text not null,
    status int not null,
    body   bytea not null,
    at     timestamptz not null default now(),
    primary key (sender, key)
);

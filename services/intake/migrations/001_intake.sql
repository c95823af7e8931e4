-- Person keys and serials: in the vault, for nothing else knows them.

create table {vault}.person (
    person    text primary key,
    wrapped   bytea,                -- null once the person was forgotten
    blind     bytea unique,         -- keyed hash of the contact; null where none was given
    made_at   timestamptz not null default now()
);

create table {vault}.serial (
    day  date primary key,
    next bigint not null
);

create table {vault}.opened (
    id        bigint generated always as identity primary key,
    ticket    text not null,
    person    text not null,
    field     text not null,
    by        text not null,
    purpose   text not null,
    opened_at timestamptz not null default now()
);

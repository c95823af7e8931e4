-- The registry's log of this service: data that decisions rest on, with its own dense positions.
create table {schema}.registry (
    position     bigint primary key,
    name         text not null,
    version      int not null,
    effective_at timestamptz not null,
    source       text not null,
    document     bytea not null,
    at           timestamptz not null,
    by           text not null,
    command_id   text not null unique,
    recorded_at  timestamptz not null default now(),
    relayed      boolean not null default false,
    unique (name, version)
);
create index registry_unrelayed on {schema}.registry (position) where not relayed;

-- Keys of machines: only the hash of a secret is kept, and a revoked key stays on record.
create table {vault}.api_key (
    id         text primary key,
    hash       bytea not null,
    name       text not null,
    role       text not null,
    unit       text not null,
    department text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz
);

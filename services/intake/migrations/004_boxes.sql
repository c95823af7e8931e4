-- The week's key pairs: what is sealed to one can be read until its private half is destroyed.
create table {vault}.box (
    id      text primary key,
    public  bytea not null,
    wrapped bytea,              -- null once it was destroyed
    made_at timestamptz not null
);

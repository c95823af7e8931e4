-- What is left of each channel's rate limit, for all processes together (R3): a bucket that a
-- minute fills. `taken` is what was last taken out of it.
create table {vault}.turn (
    channel   text primary key,
    remaining float8 not null,
    taken     int not null,
    since     timestamptz not null
);

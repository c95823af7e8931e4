-- name: recent
-- R16: what a new matter is compared with, spread over half a year, all categories and areas, and
-- over the map by the points that are given.
insert into {schema}.recent (bucket, ticket, person, category, area, title, progress, received_at,
                             latitude, longitude, cell)
select n % $1, 'P' || n, 'p' || n / 3, ($2::text[])[1 + n % cardinality($2::text[])],
       ($3::text[])[1 + n / 7 % cardinality($3::text[])], 'An earlier matter ' || n, 'being_handled',
       now() - n % 15000000 * interval '1 second', latitude, longitude, cell
from unnest($5::float8[], $6::float8[], $7::bigint[]) with ordinality p (latitude, longitude, cell, k)
cross join lateral (select $4::int - 1 + k::int) as t (n)

-- name: persons
-- The citizens that wrote them.
insert into {vault}.person (person, wrapped, blind)
select 'p' || n, sha256(('w' || n)::bytea), sha256(('b' || n)::bytea)
from generate_series($1::int, $2::int) n on conflict do nothing

-- name: commands
-- The answers that were given to their senders.
insert into {vault}.command (sender, key, body_hash, ticket, status, body, version, bucket, position)
select 'earlier', md5(n::text), sha256(n::text::bytea), 'P' || n, 201, '', 2, $1, n
from generate_series($2::int, $3::int) n on conflict do nothing

-- name: events
-- Two facts each, in a bucket beside the city's: the indexes are as large, and no log is forged.
insert into {schema}.event (bucket, position, stream, version, type, data, metadata, time, recorded_at)
select $1, 2 * n + v, 'P' || n, v, 'hotline.bench.v1.Earlier', decode(repeat('00', 200), 'hex'), '',
       now(), now()
from generate_series($2::int, $3::int) n, generate_series(1, 2) v

-- name: analyse
-- As autovacuum would have done.
analyze

-- name: checkpoint
-- What was written long ago is on the disk.
checkpoint

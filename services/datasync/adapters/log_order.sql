-- name: noted
-- The facts of a bucket as the log had them.
select source, position from {schema}.fact where bucket = $1 order by log_offset

-- name: move
-- Where they stand in the new log; their order is the same.
update {schema}.fact f set log_offset = a.at
from unnest($2::text[], $3::bigint[], $4::bigint[]) a (source, position, at)
where f.bucket = $1 and f.source = a.source and f.position = a.position and f.log_offset <> a.at

-- name: send_again
-- A department's topic holds so many days of its feed again.
update {vault}.cursor c set delivered_sequence = e.first - 1
from (
    select f.bucket, min(f.sequence) as first from {schema}.feed f
    join {schema}.fact k
        on k.bucket = f.bucket and k.source = f.source and k.position = f.position
    where f.subscription = $1 and k.recorded_at > now() - $3::interval
    group by f.bucket) e
where c.subscription = $1 and c.way = $2 and c.bucket = e.bucket and c.delivered_sequence >= e.first

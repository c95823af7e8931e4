-- name: range
-- Facts of a bucket in the form of the wire, so that nothing has to be converted to be compared.
select position, convert_to(stream, 'UTF8'), version, type, data, metadata,
    convert_to(stream || '/' || version, 'UTF8'),
    convert_to(to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8'),
    convert_to(position::text, 'UTF8'), convert_to(version::text, 'UTF8'),
    convert_to(to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'UTF8')
from {schema}.event where bucket = $1 and position between $2 and $3 order by position limit $4

-- name: ends
-- Where each bucket goes on, and the last fact that stands in it.
select b.bucket, b.next_position, coalesce((
    select e.position from {schema}.event e where e.bucket = b.bucket
    order by e.position desc limit 1), 0) as last
from {schema}.bucket b order by b.bucket

-- name: unsent
-- What the topic lacks, up to a page: how much, without a hole or not, and how long it has waited.
select count(*) as count, coalesce(max(position), 0) as last,
    extract(epoch from clock_timestamp() - min(recorded_at))::float8 as waiting_s
from (select position, recorded_at from {schema}.event
      where bucket = $1 and position > $2 order by position limit $3) e

-- name: offsets
-- How far the topic was applied.
select partition, next_offset from {schema}.inbox where topic = $1

-- name: parked
-- What no view has seen yet.
select "offset" from {vault}.parked where topic = $1 and partition = $2

-- name: disowned
-- Positions at which the log and the ledger once differed, until an operator decided.
select distinct bucket, position from {vault}.disowned

-- name: registry
-- A page of what this service has published, and for how long each entry has been there.
select position, name, version, effective_at, source, document, at, by, command_id, recorded_at,
    extract(epoch from clock_timestamp() - recorded_at)::float8
from {schema}.registry where position > $1 order by position limit $2

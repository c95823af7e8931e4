-- name: alone
-- One process heals at a time; the lock ends with its session.
select pg_try_advisory_lock(hashtext($1))

-- name: holder
-- Who heals, rebuilds or adopts meanwhile. The lock's number is in two halves, as pg_locks has it.
select a.pid, coalesce(host(a.client_addr), 'this machine') as place,
       to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
from pg_locks l join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
  and l.database = (select oid from pg_database where datname = current_database())
  and l.classid::bigint = (hashtext($1)::bigint >> 32) & 4294967295
  and l.objid::bigint = hashtext($1)::bigint & 4294967295

-- name: state
-- Whether this is the server that the ledger was healed on.
select s.identity as healed_on, {schema}.this_server() as server from {schema}.server s

-- name: places
-- Of each bucket: where the ledger goes on, and how far it had read its own facts back.
select b.bucket, b.next_position, coalesce(i.next_offset, 0) as next_offset
from {schema}.bucket b left join {schema}.inbox i on i.topic = $1 and i.partition = b.bucket
order by b.bucket

-- name: offsets
-- How far the partitions of a topic were applied.
select partition, next_offset from {schema}.inbox where topic = $1

-- name: insert
-- Facts that the log has and the ledger lost, at the positions that they always had.
insert into {schema}.event
    (bucket, position, stream, version, type, data, metadata, time, recorded_at)
select * from unnest($1::int[], $2::bigint[], $3::text[], $4::int[], $5::text[], $6::bytea[],
                     $7::bytea[], $8::timestamptz[], $9::timestamptz[])

-- name: count_on
-- The counter follows what stands.
update {schema}.bucket b set next_position = e.last + 1
from (select bucket, max(position) as last from {schema}.event
      where bucket = any ($1::int[]) group by bucket) e
where b.bucket = e.bucket and b.next_position <= e.last

-- name: answer
-- Who repeats a command whose facts were healed must not be served twice. What else its answer
-- said is lost: the empty hash takes any body for the same.
insert into {vault}.command
    (sender, key, body_hash, ticket, status, body, version, bucket, position)
select * from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::int[], $6::bytea[],
                     $7::int[], $8::int[], $9::bigint[])
on conflict do nothing

-- name: skip
-- What was decided is not decided again.
insert into {schema}.inbox as i (topic, partition, next_offset)
select a.topic, a.partition, a.upcoming
from unnest($1::text[], $2::int[], $3::bigint[]) a (topic, partition, upcoming)
on conflict on constraint inbox_pkey
do update set next_offset = greatest(i.next_offset, excluded.next_offset)

-- name: fork
-- Nobody appends here until an operator has looked at it.
update {schema}.bucket set forked = true where bucket = any ($1::int[]) returning bucket

-- name: done
-- From here the ledger takes facts again.
update {schema}.server set identity = {schema}.this_server(), healed_at = now()

-- name: stop
-- No server has this name: every append is refused until the ledger is whole again.
update {schema}.server set identity = $1

-- name: disown
-- Kept for whoever wants to know what was decided and is not so.
with gone as (
    delete from {schema}.event where bucket = $1 and position = any ($2::bigint[]) returning *)
insert into {vault}.disowned
    (bucket, position, incarnation, stream, version, type, data, metadata, time, recorded_at)
select g.bucket, g.position, b.incarnation, g.stream, g.version, g.type, g.data, g.metadata,
    g.time, g.recorded_at
from gone g join {schema}.bucket b on b.bucket = g.bucket

-- name: adopted
-- The next incarnation begins behind what the log holds.
update {schema}.bucket
set forked = false, incarnation = incarnation + 1, next_position = 1 + coalesce((
    select max(position) from {schema}.event e where e.bucket = $1), 0)
where bucket = $1 returning incarnation

-- name: forked
-- What waits for `adopt`.
select bucket from {schema}.bucket where forked order by bucket

-- name: due_parked
-- TicketParked says where the record stands; it is put back where it waited.
insert into {vault}.parked
    (bucket, ticket, topic, partition, "offset", timestamp, key, value, headers, reason)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
where not exists (
    select from {vault}.parked where topic = $3 and partition = $4 and "offset" = $5)

-- name: parked
-- Records that no view has seen, in the order in which they came.
select partition, "offset", ticket, dropped_at is null as waits
from {vault}.parked where topic = $1 order by id

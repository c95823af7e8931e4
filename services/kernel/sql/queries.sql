-- name: append
-- The one way in; a batch costs one round trip and one flush.
select * from {schema}.append({schema}.healed($1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                             $16, $17, $18, $19)

-- name: answers
-- What the repeats of a command get.
select sender, key, ticket, body_hash, status, body, version, bucket, position
from {vault}.command c join unnest($1::text[], $2::text[]) a (s, k) on c.sender = a.s and c.key = a.k

-- name: load
-- All facts of the streams; a ticket has one short stream per service.
select e.bucket, e.position, e.stream, e.version, e.type, e.data, e.metadata, e.time, e.recorded_at
from unnest($1::int[], $2::text[]) a (bucket, stream)
join {schema}.event e on e.bucket = a.bucket and e.stream = a.stream
order by e.bucket, e.stream, e.version

-- name: page
-- The next facts of one bucket for the relay, in order; dense, so complete.
select bucket, position, stream, version, type, data, metadata, time, recorded_at
from {schema}.event where bucket = $1 and position >= $2 order by position limit $3

-- name: next_positions
-- Rows that another process appended are found by this counter.
select bucket, next_position from {schema}.bucket
where bucket = any ($1::int[]) and {schema}.healed('{}') is not null

-- name: claim
-- Raise the epoch and learn where to go on.
select * from {schema}.claim($1, $2)

-- name: held
-- After a lost commit: which claims no newer owner has taken over, and how far they have come.
select i.topic, i.partition, i.next_offset, i.owner_epoch, i.expected::text, i.read_until
from unnest($1::text[], $2::int[], $3::bigint[]) a (topic, partition, epoch)
join {schema}.inbox i
    on i.topic = a.topic and i.partition = a.partition and i.owner_epoch = a.epoch

-- name: marks
-- Buckets that are forked or once were.
select bucket, forked, incarnation from {schema}.bucket where forked or incarnation > 1

-- name: claimed
-- No promise rests on a partition that nobody has read yet.
select topic, count(*) from {schema}.inbox where topic = any ($1::text[]) group by topic

-- name: advance
-- The compare-and-swap that lets one owner's transaction through.
select {schema}.advance($1, $2, $3, $4, $5, $6, $7) where {schema}.healed('{}') is not null

-- name: advance_healing
-- The same for whoever heals or rebuilds, while the ledger takes no facts.
select {schema}.advance($1, $2, $3, $4, $5, $6, $7)

-- name: read_until
-- An idle partition was read to its end: say until when.
update {schema}.inbox i set read_until = greatest(i.read_until, a.until)
from unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[]) a (topic, partition, epoch, until)
where i.topic = a.topic and i.partition = a.partition and i.owner_epoch = a.epoch

-- name: close_buckets
-- The watermark of each owned bucket.
select * from {schema}.close_buckets({schema}.healed($1), $2, $3, $4)

-- name: still_owner
-- Timers of a former owner roll back.
select count(*) from (
    select 1 from {schema}.inbox i
    join unnest($2::int[], $3::bigint[]) a (partition, epoch)
        on i.partition = a.partition and i.owner_epoch = a.epoch
    where i.topic = $1 order by i.topic, i.partition for update of i) owned

-- name: expected
-- What a reader that waits for a position looks at, on any replica.
select expected from {schema}.inbox where topic = $1 and partition = $2

-- name: set_timers
-- The owner writes timers in topic order; the last change of a name in a batch wins.
insert into {schema}.timer (bucket, ticket, name, due_at, sources, import_id, traceparent)
select * from unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[],
                     $7::text[])
on conflict (bucket, ticket, name)
do update set due_at = excluded.due_at, sources = excluded.sources,
    import_id = excluded.import_id, traceparent = excluded.traceparent

-- name: clear_timers
-- A stopped clock wakes nobody. Whatever the table held when this was planned, no index but the key
-- serves the look-up: a ticket has one bucket, and to ask for it there would bring in the other index.
delete from {schema}.timer where ctid = any (array(
    select t.ctid from unnest($1::int[], $2::text[], $3::text[]) a (bucket, ticket, name)
    cross join lateral (
        select ctid, bucket from {schema}.timer
        where ticket = a.ticket and name = a.name limit 1) t
    where t.bucket = a.bucket))

-- name: due_timers
-- Live timers wait for silence proven per bucket and set of sources, imported ones for their frontier.
-- Those of parked tickets are left out here: a page full of them would stop everybody else's.
(select t.bucket, t.ticket, t.name, t.due_at, t.sources, t.import_id, t.traceparent
 from unnest($1::int[], $2::text[], $3::timestamptz[]) a (bucket, sources, until)
 cross join lateral (
    select * from {schema}.timer t
    where t.bucket = a.bucket and t.sources = a.sources and t.due_at <= a.until
        and (t.import_id = '' or exists (
            select from {schema}.frontier f
            where f.bucket = t.bucket and f.import_id = t.import_id and f.final))
        and not exists (
            select from {vault}.parked p
            where p.bucket = t.bucket and p.ticket = t.ticket and p.dropped_at is null)
    order by t.due_at limit $5) t)
union
(select t.bucket, t.ticket, t.name, t.due_at, t.sources, t.import_id, t.traceparent
 from {schema}.frontier f
 join {schema}.timer t on t.bucket = f.bucket and t.import_id = f.import_id and t.due_at <= f.until
 where f.bucket = any ($4::int[])
    and not exists (
        select from {vault}.parked p
        where p.bucket = t.bucket and p.ticket = t.ticket and p.dropped_at is null)
 order by t.due_at limit $5)
order by due_at limit $5

-- name: timer_sources
-- The sets of sources that open timers wait for, from place to place in the index: there are a
-- handful of them and perhaps a million timers.
with recursive found as (
    (select bucket, sources from {schema}.timer order by bucket, sources limit 1)
    union all
    select n.bucket, n.sources from found f cross join lateral (
        select t.bucket, t.sources from {schema}.timer t
        where (t.bucket, t.sources) > (f.bucket, f.sources)
        order by t.bucket, t.sources limit 1) n)
select distinct sources from found

-- name: set_frontier
-- An import's frontier only moves forward.
insert into {schema}.frontier (bucket, import_id, until, final) values ($1, $2, $3, $4)
on conflict (bucket, import_id) do update
set until = greatest({schema}.frontier.until, excluded.until),
    final = {schema}.frontier.final or excluded.final

-- name: closed_imports
-- Which imports take nothing more; one row per import and bucket, so the table is small.
select distinct import_id from {schema}.frontier where import_id = any ($1::text[]) and final

-- name: unsent_replies
-- Answers of commands that came by Kafka and may not have been sent before the last stop.
(select sender, key, ticket, body_hash, status, body, version, bucket, position, reply_to
 from {vault}.command where reply_to <> '' and at < now() - interval '2 seconds'
 order by at limit $1)
union all
(select sender, key, ticket, ''::bytea, status, body, 0, 0, 0::bigint, ''
 from {vault}.refused where at < now() - interval '2 seconds' order by sender, key limit $1)

-- name: replies_sent
-- From here only a repeat of the command brings its answer again.
update {vault}.command c set reply_to = ''
from unnest($1::text[], $2::text[]) a (sender, key) where c.sender = a.sender and c.key = a.key

-- name: refusals_sent
-- Their senders know.
delete from {vault}.refused r using unnest($1::text[], $2::text[]) a (sender, key)
where r.sender = a.sender and r.key = a.key

-- name: refuse
-- In the transaction that moves the offset: the command is never read again.
insert into {vault}.refused as r (sender, key, ticket, status, body)
select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bytea[]) order by 1, 2
on conflict (sender, key) do update
set ticket = excluded.ticket, status = excluded.status, body = excluded.body

-- name: database_clock
-- Everybody's clock: arrivals are stamped by it, watermarks are measured on it.
select clock_timestamp()

-- name: park
-- In the same transaction as the offset: a record is applied or parked, never neither.
insert into {vault}.parked
    (bucket, ticket, topic, partition, "offset", timestamp, key, value, headers, reason,
     early_until)
select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::bigint[],
                     $7::bytea[], $8::bytea[], $9::bytea[], $10::text[], $11::timestamptz[])

-- name: parked_tickets
-- Whose records have to wait.
select distinct ticket from {vault}.parked
where bucket = any ($1::int[]) and dropped_at is null and early_until is null

-- name: early_tickets
-- Whose commands came before them, and whether that is over: they have appeared, or time is up.
-- Asked twice a second: by an index of these alone, however many records wait for operators.
select p.ticket, min(p.early_until) <= clock_timestamp() or exists (
    select from {schema}.event e
    where e.bucket = p.bucket and e.stream = p.ticket) as due
from {vault}.parked p
where p.bucket = any ($1::int[]) and p.early_until is not null and p.dropped_at is null
    and not exists (
        select from {vault}.parked w
        where w.bucket = p.bucket and w.ticket = p.ticket
            and w.dropped_at is null and w.early_until is null)
group by p.bucket, p.ticket

-- name: parked_records
-- In the order in which they came; every ticket's where none is named.
select ticket, topic, partition, "offset", timestamp, key, value, headers, reason, parked_at,
    early_until
from {vault}.parked where ($1 = '' or ticket = $1) and dropped_at is null order by id limit $2

-- name: parked_headers
-- Which commands wait is in their headers: no body is read, and none unsealed. Ticket by ticket, by
-- the index of what waits.
select p.headers from unnest($1::int[], $2::text[]) a (bucket, ticket)
cross join lateral (
    select headers from {vault}.parked
    where bucket = a.bucket and ticket = a.ticket and dropped_at is null) p

-- name: unpark
-- What was read of the ticket goes on, and no record that came to wait since.
delete from {vault}.parked where id in (
    select id from {vault}.parked
    where bucket = $1 and ticket = $2 and dropped_at is null order by id limit $3)

-- name: drop_parked
-- The same for what is never applied: it stays on record.
update {vault}.parked set dropped_at = now(), dropped_by = $4 where id in (
    select id from {vault}.parked
    where bucket = $1 and ticket = $2 and dropped_at is null order by id limit $3)

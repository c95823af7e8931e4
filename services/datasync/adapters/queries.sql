-- `offset 0`: a plan made while a table is small stays in use while it grows, so each key must be
-- looked up by index; a plain join with unnest becomes a hash join over the whole table.

-- name: summaries
-- The rows of a batch's tickets, before its facts.
select t.ticket, t.state, t.kind, t.urgency, t.category, t.area, t.level, t.unit, t.co_handlers,
    t.about_unit, t.title, t.channel, t.received_at, t.updated_at
from unnest($1::int[], $2::text[]) k (bucket, ticket)
cross join lateral (
    select * from {schema}.ticket t
    where t.bucket = k.bucket and t.ticket = k.ticket offset 0) t

-- name: facts
-- Whole tickets: for a department that becomes entitled, and for the ticket file.
select f.source, f.ticket, f.version, f.position, f.type, f.time, f.stage, f.data, f.digest,
    f.traceparent
from unnest($1::int[], $2::text[]) k (bucket, ticket)
cross join lateral (
    select * from {schema}.fact f
    where f.bucket = k.bucket and f.ticket = k.ticket offset 0) f
order by f.bucket, f.log_offset

-- name: feed_heads
-- Where the feeds that get something in this batch go on.
select k.subscription, k.bucket, h.sequence, h.chain
from unnest($1::text[], $2::int[]) k (subscription, bucket)
cross join lateral (
    select sequence, chain from {schema}.feed f
    where f.subscription = k.subscription and f.bucket = k.bucket
    order by f.sequence desc limit 1) h

-- name: put_summaries
-- One row per ticket and batch; co-handlers come joined, since arrays of arrays must be even.
insert into {schema}.ticket as t (bucket, ticket, state, kind, urgency, category, area, level,
    unit, co_handlers, about_unit, title, channel, received_at, updated_at)
select bucket, ticket, state, kind, urgency, category, area, level, unit,
    string_to_array(co_handlers, E'\n'), about_unit, title, channel, received_at, updated_at
from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::timestamptz[], $15::timestamptz[])
    r (bucket, ticket, state, kind, urgency, category, area, level, unit, co_handlers,
       about_unit, title, channel, received_at, updated_at)
on conflict (bucket, ticket) do update set
    state = excluded.state, kind = excluded.kind, urgency = excluded.urgency,
    category = excluded.category, area = excluded.area, level = excluded.level,
    unit = excluded.unit, co_handlers = excluded.co_handlers,
    about_unit = excluded.about_unit, title = excluded.title, updated_at = excluded.updated_at

-- name: tickets
-- A page of the list. A department sees what its rules reach ($6 true: everything is seen).
select t.ticket, t.state, t.kind, t.urgency, t.category, t.area, t.level, t.unit, t.co_handlers,
    t.about_unit, t.title, t.channel, t.received_at, t.updated_at
from {schema}.ticket t
where ($1 = '' or t.state = $1) and ($2 = '' or t.kind = $2)
    and ($3 = '' or t.category = $3 or starts_with(t.category, $3 || '/'))
    and ($4 = '' or t.area = $4 or starts_with(t.area, $4 || '/'))
    and ($5 = '' or t.unit = $5)
    and ($6 or exists (
        select from unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::timestamptz[]) r (role, department, level, category, area, since)
        where t.received_at >= r.since
            and (r.category = '' or t.category = r.category
                or starts_with(t.category, r.category || '/'))
            and (r.area = '' or t.area = r.area or starts_with(t.area, r.area || '/'))
            and case r.role
                when 'lead' then t.unit = r.department
                when 'co_handler' then r.department = any (t.co_handlers)
                when 'same_level' then t.level = r.level and t.about_unit <> r.department
                else false end))
    and (t.received_at, t.ticket) < ($13, $14)
order by t.received_at desc, t.ticket desc limit $15

-- name: entries
-- All buckets in turn, so that no bucket starves another; dense within each.
select p.bucket, p.sequence, p.rule_version, p.chain,
    f.source, f.ticket, f.version, f.position, f.type, f.time, f.stage, f.data, f.digest,
    f.traceparent
from (
    select e.bucket, e.sequence, e.rule_version, e.chain, e.source, e.position, e.sequence - c.after as turn
    from unnest($2::int[], $3::bigint[]) c (bucket, after)
    cross join lateral (
        select * from {schema}.feed e
        where e.subscription = $1 and e.bucket = c.bucket and e.sequence > c.after
        order by e.sequence limit $5) e
    order by turn, e.bucket limit $4) p
cross join lateral (
    select * from {schema}.fact f
    where f.bucket = p.bucket and f.source = p.source and f.position = p.position offset 0) f
order by p.turn, p.bucket

-- name: ticket_entries
-- What waits of one ticket whose webhook failed.
select e.bucket, e.sequence, e.rule_version, e.chain,
    f.source, f.ticket, f.version, f.position, f.type, f.time, f.stage, f.data, f.digest,
    f.traceparent
from (
    select * from {schema}.feed e
    where e.subscription = $1 and e.bucket = $2 and e.ticket = $3
        and e.sequence between $4 and $5
    order by e.sequence limit $6) e
cross join lateral (
    select * from {schema}.fact f
    where f.bucket = e.bucket and f.source = e.source and f.position = e.position offset 0) f
order by e.sequence

-- name: heads
-- The proof of a subscription: one head per bucket that has entries.
select b.bucket, h.sequence, h.chain
from {schema}.bucket b
cross join lateral (
    select sequence, chain from {schema}.feed f
    where f.subscription = $1 and f.bucket = b.bucket
    order by f.sequence desc limit 1) h
order by b.bucket

-- name: cursors
-- How far one way of one subscription has come.
select bucket, delivered_sequence from {vault}.cursor
where subscription = $1 and way = $2 and bucket = any ($3::int[])

-- name: put_cursors
-- Forward only: an earlier owner that is late changes nothing.
insert into {vault}.cursor as c (subscription, bucket, way, delivered_sequence)
select $1, r.bucket, $2, r.delivered from unnest($3::int[], $4::bigint[]) r (bucket, delivered)
order by r.bucket
on conflict (subscription, bucket, way) do update
set delivered_sequence = excluded.delivered_sequence
where c.delivered_sequence < excluded.delivered_sequence

-- name: waiting
-- Tickets that the new owner of a bucket has to try again.
select subscription, bucket, ticket, from_sequence, attempts, next_at, reason
from {vault}.webhook_ticket where subscription = $1 and bucket = any ($2::int[])
order by bucket, ticket

-- name: put_waiting
-- The retry schedule survives a restart.
insert into {vault}.webhook_ticket
    (subscription, bucket, ticket, from_sequence, attempts, next_at, reason)
select * from unnest($1::text[], $2::int[], $3::text[], $4::bigint[], $5::int[],
    $6::timestamptz[], $7::text[])
on conflict (subscription, bucket, ticket) do update set
    from_sequence = excluded.from_sequence, attempts = excluded.attempts,
    next_at = excluded.next_at, reason = excluded.reason

-- name: drop_waiting
-- Everything of the ticket was delivered.
delete from {vault}.webhook_ticket where subscription = $1 and bucket = $2 and ticket = $3

-- name: endpoint
-- Whether the endpoint asked us to rest or to stop.
select not_before, stopped_at, reason from {vault}.webhook_endpoint where subscription = $1

-- name: put_endpoint
-- Retry-After and 410 hold over restarts and for every owner.
insert into {vault}.webhook_endpoint (subscription, not_before, stopped_at, reason)
values ($1, $2, $3, $4)
on conflict (subscription) do update set
    not_before = excluded.not_before, stopped_at = excluded.stopped_at, reason = excluded.reason

-- name: release
-- An operator's word: the endpoint may be asked again, and its parked tickets are due now.
with endpoint as (
    delete from {vault}.webhook_endpoint where subscription = $1)
update {vault}.webhook_ticket set attempts = 0, next_at = $2
where subscription = $1 and next_at is null returning ticket

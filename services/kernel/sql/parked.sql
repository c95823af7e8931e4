-- name: tickets
-- Whose records wait, since when, how many, and why the first of them failed.
select p.bucket, p.ticket, count(*) as records, min(p.parked_at) as since,
    (array_agg(p.reason order by p.id))[1] as reason
from {vault}.parked p where p.dropped_at is null
group by p.bucket, p.ticket order by min(p.id) limit $1

-- name: records
-- Of one ticket, in the order in which they came.
select ticket, topic, partition, "offset", timestamp, key, value, headers, reason, parked_at
from {vault}.parked where bucket = $1 and ticket = $2 and dropped_at is null order by id limit $3

-- name: ask
-- One order per ticket at a time; a second one finds the first.
insert into {vault}.parked_order (bucket, ticket, action, by) values ($1, $2, $3, $4)
on conflict (bucket, ticket) where done_at is null do nothing returning id

-- name: outcome
-- What the owner made of it; null while it has not come to it.
select outcome from {vault}.parked_order where id = $1

-- name: withdraw
-- Nobody owns the bucket: nothing was done, and nothing will be once the operator has gone.
delete from {vault}.parked_order where id = $1 and done_at is null returning id

-- name: orders
-- What is asked of the owner of these buckets.
select id, ticket, action, by from {vault}.parked_order
where done_at is null and bucket = any ($1::int[]) order by id limit $2

-- name: done
-- Said to the operator, and kept.
update {vault}.parked_order set done_at = now(), outcome = $2 where id = $1

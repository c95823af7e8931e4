-- name: inputs
-- Where the other inputs go on, and what was promised of each bucket.
select topic, partition, next_offset from {schema}.inbox where topic <> $1

-- name: buckets
-- What is known of a bucket beside its facts.
select bucket, closed_until, incarnation, forked from {schema}.bucket order by bucket

-- name: put_buckets
-- As before: a promise is kept, an incarnation does not come again.
update {schema}.bucket b set closed_until = a.closed_until, incarnation = a.incarnation
from unnest($1::int[], $2::timestamptz[], $3::int[]) a (bucket, closed_until, incarnation)
where b.bucket = a.bucket

-- name: put_inputs
-- Commands and submissions were decided up to here.
insert into {schema}.inbox (topic, partition, next_offset)
select * from unnest($1::text[], $2::int[], $3::bigint[])

-- name: stopped
-- Until the rebuild is done nobody appends.
update {schema}.server set identity = $1

-- name: expected
-- Up to where the service has read its own facts back.
select b.bucket, b.next_position, coalesce(i.next_offset, 0) as next_offset,
    coalesce((i.expected ->> $2)::bigint, 1) as expected
from {schema}.bucket b left join {schema}.inbox i on i.topic = $1 and i.partition = b.bucket

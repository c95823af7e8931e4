-- name: add
-- What a batch adds to the counts, summed per row beforehand.
insert into {schema}.figures as f (bucket, unit, period, entries, visited, contacted, solved,
                                   satisfied, on_time, confirmed_on_time, promise_missed)
select * from unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
                     $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])
on conflict (bucket, unit, period) do update set
    entries = f.entries + excluded.entries, visited = f.visited + excluded.visited,
    contacted = f.contacted + excluded.contacted, solved = f.solved + excluded.solved,
    satisfied = f.satisfied + excluded.satisfied, on_time = f.on_time + excluded.on_time,
    confirmed_on_time = f.confirmed_on_time + excluded.confirmed_on_time,
    promise_missed = f.promise_missed + excluded.promise_missed

-- name: visits
-- What a batch folds on.
select v.* from unnest($1::int[], $2::text[]) a (bucket, ticket)
join {schema}.visit v on v.bucket = a.bucket and v.ticket = a.ticket

-- name: put_visits
-- The rows after a batch.
insert into {schema}.visit
    (bucket, ticket, unit, round, category, area, level, scheduled_at, attempts)
select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[],
                     $7::text[], $8::timestamptz[], $9::int[])
on conflict (bucket, ticket) do update set unit = excluded.unit, round = excluded.round,
    category = excluded.category, area = excluded.area, level = excluded.level,
    scheduled_at = excluded.scheduled_at, attempts = excluded.attempts

-- name: drop_visits
-- Visits that were made.
delete from {schema}.visit v using unnest($1::int[], $2::text[]) a (bucket, ticket)
where v.bucket = a.bucket and v.ticket = a.ticket

-- name: of_unit
-- A page of a unit's counts over all buckets, by month; every unit's where none is named.
select unit, period, sum(entries)::bigint as entries, sum(visited)::bigint as visited,
    sum(contacted)::bigint as contacted, sum(solved)::bigint as solved,
    sum(satisfied)::bigint as satisfied, sum(on_time)::bigint as on_time,
    sum(confirmed_on_time)::bigint as confirmed_on_time,
    sum(promise_missed)::bigint as promise_missed
from {schema}.figures where ($1 = '' or unit = $1) and ($2 = '' or period = $2)
    and (unit, period) > ($3, $4)
group by unit, period order by unit, period limit $5

-- name: due_visits
-- The worklist: the visit that waits longest first.
select * from {schema}.visit order by scheduled_at, ticket limit $1

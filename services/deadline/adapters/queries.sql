-- name: rows
-- What a batch folds on; by index also under a plan that was made while the table was empty.
select c.* from unnest($1::int[], $2::text[], $3::text[], $4::int[]) a (bucket, ticket, clock, run)
cross join lateral (
    select * from {schema}.clock c
    where c.bucket = a.bucket and c.ticket = a.ticket and c.clock = a.clock and c.run = a.run
    offset 0) c

-- name: put
-- The rows after a batch. What waited of a clock that ended goes with it (R22): no statement more.
with c as (
    select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[],
                         $7::timestamptz[], $8::timestamptz[], $9::boolean[])
        c (bucket, ticket, clock, run, unit, state, started_at, due_at, missed)),
ended as (
    delete from {schema}.application a using c
    where c.state in ('stopped', 'closed')
    and a.bucket = c.bucket and a.ticket = c.ticket and a.clock = c.clock and a.run = c.run)
insert into {schema}.clock (bucket, ticket, clock, run, unit, state, started_at, due_at, missed)
select * from c
on conflict (bucket, ticket, clock, run)
do update set state = excluded.state, due_at = excluded.due_at, missed = excluded.missed

-- name: pass_on
-- A batch's moments; a view that is made again finds none.
insert into {schema}.moment (bucket, ticket, fact, at, type, unit, reason)
select * from unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[],
                     $7::text[])
on conflict do nothing

-- name: moments
-- What passed one ticket on: the basis of whose time it was.
select at, type, unit, reason from {schema}.moment where bucket = $1 and ticket = $2
order by at, fact limit $3

-- name: of_ticket
-- All clocks of one ticket.
select * from {schema}.clock where bucket = $1 and ticket = $2 order by started_at, clock, run

-- name: due
-- A unit's open clocks, the earliest due first.
select * from {schema}.clock
where state = 'running' and unit = $1 and due_at >= $2 and due_at < $3
order by due_at, ticket, clock, run limit $4

-- name: due_of_all
-- As `due`, of every unit: a statement of its own, since one plan cannot use both indexes.
select * from {schema}.clock
where state = 'running' and due_at >= $1 and due_at < $2
order by due_at, ticket, clock, run limit $3

-- name: by_hour
-- How much of a unit becomes due when: two weeks by the index, never the whole table.
select date_trunc('hour', due_at, 'UTC') as hour, count(*)::int as clocks from {schema}.clock
where state = 'running' and unit = $1 and due_at >= $2 and due_at < $3
group by 1 order by 1

-- name: by_hour_of_all
-- As `by_hour`, of every unit.
select date_trunc('hour', due_at, 'UTC') as hour, count(*)::int as clocks from {schema}.clock
where state = 'running' and due_at >= $1 and due_at < $2
group by 1 order by 1

-- name: planned_by
-- By which published version of the calendar the open clocks of each bucket were planned last.
select bucket, version from {schema}.planned_by

-- name: set_planned_by
-- Written by the bucket's owner; a former owner that is late does not put it back.
insert into {schema}.planned_by values ($1, $2)
on conflict (bucket) do update set version = greatest(excluded.version, planned_by.version)

-- name: open_tickets
-- Tickets with a running clock, page by page over the primary key, for a calendar that has changed.
select distinct bucket, ticket from {schema}.clock
where state = 'running' and (bucket, ticket) > ($1::int, $2::text)
order by bucket, ticket limit $3

-- name: applications
-- What waits for an answer, of the runs that a batch tells of; by index as in `rows`.
select c.* from unnest($1::int[], $2::text[], $3::text[], $4::int[]) a (bucket, ticket, clock, run)
cross join lateral (
    select * from {schema}.application c
    where c.bucket = a.bucket and c.ticket = a.ticket and c.clock = a.clock and c.run = a.run
    offset 0) c
order by c.asked_at, c.working_days

-- name: drop_applications
-- Of the same runs: what still waits is put back.
delete from {schema}.application a
using unnest($1::int[], $2::text[], $3::text[], $4::int[]) k (bucket, ticket, clock, run)
where a.bucket = k.bucket and a.ticket = k.ticket and a.clock = k.clock and a.run = k.run

-- name: put_applications
-- All that waits of a run after a batch.
insert into {schema}.application (bucket, ticket, clock, run, working_days, unit, reason, document,
                                  asked_at, alarmed)
select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::int[], $6::text[],
                     $7::text[], $8::text[], $9::timestamptz[], $10::boolean[])

-- name: open_applications
-- For the hotline's desk: what lapses first stands first, what stands in a pause last. The clocks
-- by index as in `rows`; they are open, since nothing waits any more when a clock ends.
select a.*, c.due_at from {schema}.application a
cross join lateral (
    select * from {schema}.clock c
    where c.bucket = a.bucket and c.ticket = a.ticket and c.clock = a.clock and c.run = a.run
    offset 0) c
order by c.due_at nulls last, a.ticket, a.clock, a.working_days limit $1

-- name: count_applications
-- How many there are.
select count(*)::int from {schema}.application

-- name: put_moved
-- Clocks that a calendar moved: the last move of a run counts.
insert into {schema}.moved_clock (bucket, ticket, clock, run, unit, calendar, old_due_at, due_at)
select * from unnest($1::int[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[],
                     $7::timestamptz[], $8::timestamptz[])
on conflict (bucket, ticket, clock, run)
do update set calendar = excluded.calendar, old_due_at = excluded.old_due_at,
              due_at = excluded.due_at

-- name: moved_count
-- How many clocks a calendar moved.
select count(*)::int from {schema}.moved_clock where calendar = $1

-- name: moved
-- And which, in the order of their tickets.
select * from {schema}.moved_clock where calendar = $1
order by bucket, ticket, clock, run limit $2

-- name: persons
-- One person per contact: the first key that was stored for it counts.
with wanted as (
    select * from unnest($1::text[], $2::bytea[], $3::bytea[]) w (person, wrapped, blind)
), made as (
    insert into {vault}.person (person, wrapped, blind)
    select person, wrapped, blind from wanted order by blind
    on conflict (blind) do nothing
    returning person, wrapped, blind
)
select person, wrapped, blind from made
union all
select p.person, p.wrapped, p.blind from wanted w
cross join lateral (select * from {vault}.person p where p.blind = w.blind limit 1) p
where not exists (select from made m where m.person = p.person)

-- name: keys
-- The wrapped keys that there still are.
select person, wrapped from {vault}.person where person = any ($1) and wrapped is not null

-- name: forget
-- The key is gone for ever; the contact may come again as another person.
update {vault}.person set wrapped = null, blind = null where person = $1

-- name: serials
-- A block of numbers of one day; what a process does not use is lost, which harms nothing.
insert into {vault}.serial as s (day, next) values ($1, 1 + $2)
on conflict (day) do update set next = s.next + $2 returning s.next - $2 as upcoming

-- name: take_turns
-- A process takes what it asked for, or what is left, of a channel's minute; of minutes that no
-- record can be of any more nothing is kept.
with gone as (delete from {vault}.turns_of_minute where channel = $1 and minute < $2::timestamptz - $5::interval)
insert into {vault}.turns_of_minute as t (channel, minute, used, taken)
values ($1, $2, least($3::int, $4::int), least($3::int, $4::int))
on conflict (channel, minute) do update set
    taken = greatest(0, least($4::int, $3::int - t.used)),
    used = t.used + greatest(0, least($4::int, $3::int - t.used))
returning taken

-- name: opened
-- Who read which personal field, and why.
insert into {vault}.opened (ticket, person, field, by, purpose)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])

-- name: numbers_taken
-- Never back: a number is given once.
insert into {vault}.serial as s (day, next) select * from unnest($1::date[], $2::bigint[])
on conflict (day) do update set next = greatest(s.next, excluded.next)

-- name: put_recent
-- Matters received in a batch.
insert into {schema}.recent (bucket, ticket, person, category, area, title, latitude, longitude,
                             progress, received_at, cell)
select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::float8[], $8::float8[], $9::text[], $10::timestamptz[], $11::bigint[])
on conflict (bucket, ticket) do nothing

-- name: move_recent
-- How far matters have come after a batch.
update {schema}.recent r set progress = a.progress
from unnest($1::int[], $2::text[], $3::text[]) a (bucket, ticket, progress)
where r.bucket = a.bucket and r.ticket = a.ticket

-- name: refile_recent
-- Matters whose category was corrected: compared with those of the right one from here on.
update {schema}.recent r set category = a.category
from unnest($1::int[], $2::text[], $3::text[]) a (bucket, ticket, category)
where r.bucket = a.bucket and r.ticket = a.ticket

-- name: recent_matters
-- The latest matters of each citizen and category, of each category and area whoever posted them,
-- and of each category and field of the map: bounded, however long the history.
select a.n, r.* from unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[])
     a (n, person, category, since)
cross join lateral (
    select * from {schema}.recent r
    where r.person = a.person and r.received_at >= a.since and r.category = a.category
    order by r.received_at desc limit $10) r
union all
select a.n, r.* from unnest($1::int[], $3::text[], $4::timestamptz[], $5::text[])
     a (n, category, since, area)
cross join lateral (
    select * from {schema}.recent r
    where r.category = a.category and r.area = a.area and r.received_at >= a.since
    order by r.received_at desc limit $10) r
union all
select a.n, r.* from unnest($6::int[], $7::text[], $8::bigint[], $9::timestamptz[])
     a (n, category, cell, since)
cross join lateral (
    select * from {schema}.recent r
    where r.category = a.category and r.cell = a.cell and r.received_at >= a.since
    order by r.received_at desc limit $10) r

-- name: known
-- Whether there is such a person, forgotten or not.
select 1 from {vault}.person where person = $1

-- name: forget_again
-- After a restore the vault may hold keys that were destroyed since: the ledger knows of whom.
update {vault}.person p set wrapped = null, blind = null
from {schema}.event e
where e.type = 'hotline.intake.v1.PersonForgotten'
    and p.person = substr(e.stream, length('person-') + 1)
    and (p.wrapped is not null or p.blind is not null)
returning p.person

-- name: forget_all
-- The same of persons whom only the topic knows to be forgotten.
update {vault}.person set wrapped = null, blind = null
where person = any ($1) and (wrapped is not null or blind is not null) returning person

-- name: read_up_to
-- From where this service has not read the topic yet.
select partition, next_offset from {schema}.inbox where topic = $1

-- name: make_box
-- The first process of the week makes it.
insert into {vault}.box (id, public, wrapped, made_at) values ($1, $2, $3, $4)
on conflict (id) do nothing

-- name: destroy_boxes
-- The topic has dropped what was sealed to them.
update {vault}.box set wrapped = null where made_at < $1 and wrapped is not null

-- name: boxes
-- Those that can still be opened; the newest last.
select id, public, wrapped from {vault}.box where wrapped is not null order by made_at, id

-- name: put_calls
-- Calls of a batch; a fact that is applied again changes nothing.
insert into {schema}.call (bucket, ticket, version, at, answered, waited_s)
select * from unnest($1::int[], $2::text[], $3::int[], $4::timestamptz[], $5::bool[], $6::int[])
on conflict (bucket, ticket, version) do nothing

-- name: put_missed_calls
-- Those that wait to be called back.
insert into {schema}.missed_call (bucket, ticket, at)
select * from unnest($1::int[], $2::text[], $3::timestamptz[])
on conflict (bucket, ticket) do nothing

-- name: called_back
-- They wait no more.
delete from {schema}.missed_call m using unnest($1::int[], $2::text[]) a (bucket, ticket)
where m.bucket = a.bucket and m.ticket = a.ticket

-- name: call_figures
-- Of calls within the span; an index-only read of that span, however long the history.
select count(*) filter (where answered) as answered,
       count(*) filter (where not answered) as missed,
       count(*) filter (where answered and waited_s <= $3) as in_time,
       (select count(*) from {schema}.missed_call) as waiting
from {schema}.call where at > $1 and at <= $2

-- name: use_articles
-- Answers and what was said of them, per bucket: one owner writes each row.
insert into {schema}.article_use as u (bucket, article, day, answered, unhelpful, reviewed, wrong)
select * from unnest($1::int[], $2::text[], $3::date[], $4::int[], $5::int[], $6::int[], $7::int[])
on conflict (bucket, article, day) do update
set answered = u.answered + excluded.answered, unhelpful = u.unhelpful + excluded.unhelpful,
    reviewed = u.reviewed + excluded.reviewed, wrong = u.wrong + excluded.wrong

-- name: article_uses
-- What each article has done since that day.
select article, sum(answered)::int as answered, sum(unhelpful)::int as unhelpful,
       sum(reviewed)::int as reviewed, sum(wrong)::int as wrong
from {schema}.article_use where day >= $1 group by article

-- name: put_answers
-- Given at once: they wait for their review.
insert into {schema}.answer (bucket, ticket, article, at)
select * from unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[])
on conflict (bucket, ticket) do nothing

-- name: unhelpful_answers
-- The citizen says that it did not help.
update {schema}.answer w set unhelpful = true from unnest($1::int[], $2::text[]) a (bucket, ticket)
where w.bucket = a.bucket and w.ticket = a.ticket

-- name: reviewed_answers
-- They wait no more.
delete from {schema}.answer w using unnest($1::int[], $2::text[]) a (bucket, ticket)
where w.bucket = a.bucket and w.ticket = a.ticket

-- name: answers_to_review
-- Those that wait longest; read by index, however many there are.
select ticket, article, at, unhelpful from {schema}.answer order by at limit $1

-- name: unkeyed_hashes
-- Of commands that were answered before there was a key; an index of their own, soon empty.
select sender, key, body_hash from {vault}.command where octet_length(body_hash) = 32
order by sender, key limit $1

-- name: key_hashes
update {vault}.command c set body_hash = a.hash
from unnest($1::text[], $2::text[], $3::bytea[]) a (sender, key, hash)
where c.sender = a.sender and c.key = a.key and octet_length(c.body_hash) = 32

-- name: since
-- What came behind a position, in order; there is little of it.
select position, name, version, effective_at, source, document, at, by, command_id, recorded_at
from {schema}.registry where position > $1 order by position limit $2

-- name: known
-- The entry that a repeated command made.
select position, name, version, effective_at, source, document, at, by, command_id, recorded_at
from {schema}.registry where command_id = $1

-- name: add
-- Two at once want the same position: the keys let one of them through, the other reads again.
-- Version 0, what a release ships, may come at any time.
insert into {schema}.registry
    (position, name, version, effective_at, source, document, at, by, command_id)
select coalesce(max(position), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 from {schema}.registry
having $2 = 0 or coalesce(max(version) filter (where name = $1), 0) = $2 - 1
returning position, name, version, effective_at, source, document, at, by, command_id, recorded_at

-- name: unrelayed
-- In order, from the first that the broker has not acknowledged.
select position, name, version, effective_at, source, document, at, by, command_id, recorded_at
from {schema}.registry where not relayed order by position limit $1

-- name: relayed
-- Up to here the broker has them.
update {schema}.registry set relayed = true where position <= $1 and not relayed

-- name: restore
-- What the log holds and the store lost, or holds otherwise: everybody has read the log.
insert into {schema}.registry
    (position, name, version, effective_at, source, document, at, by, command_id, recorded_at,
     relayed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true)
on conflict (position) do update set
    (name, version, effective_at, source, document, at, by, command_id, recorded_at, relayed) =
    ($2, $3, $4, $5, $6, $7, $8, $9, $10, true)

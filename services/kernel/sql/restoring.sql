-- name: inputs
-- How far the other topics were applied.
select topic, partition, next_offset from {schema}.inbox where topic <> $1 order by 1, 2

-- name: go_on
-- In a new log; whoever read the old one owns nothing any more.
update {schema}.inbox i set next_offset = a.upcoming, owner_epoch = i.owner_epoch + 1
from unnest($1::text[], $2::int[], $3::bigint[]) a (topic, partition, upcoming)
where i.topic = a.topic and i.partition = a.partition

-- name: parked
-- Facts that were set aside, under the offsets of the lost log.
select id, headers from {vault}.parked where topic = $1 and partition = $2

-- name: move_parked
-- What stands nowhere any more gets an offset that no record has.
update {vault}.parked p set "offset" = coalesce(a.at, -p.id)
from unnest($1::bigint[], $2::bigint[]) a (id, at) where p.id = a.id

-- name: forget_offsets
-- Of records whose topic begins anew.
update {vault}.parked set "offset" = -id where topic = $1

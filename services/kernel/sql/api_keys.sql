-- name: add
-- The same row goes into every service's vault.
insert into {vault}.api_key (id, hash, name, role, unit, department, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing returning id

-- name: all
-- The copy that a service answers from; living keys first, should there be more than it takes.
select id, hash, name, role, unit, department, created_at, expires_at, revoked_at, last_used_at
from {vault}.api_key order by revoked_at is not null, created_at desc, id desc limit $1

-- name: revoke
-- The first revocation counts.
update {vault}.api_key set revoked_at = coalesce(revoked_at, $2) where id = $1 returning id

-- name: expire
-- A key that is replaced ends; never later than it would have.
update {vault}.api_key set expires_at = least(coalesce(expires_at, $2), $2) where id = $1

-- name: used
-- Once a minute per process and key.
update {vault}.api_key set last_used_at = greatest(coalesce(last_used_at, $2), $2) where id = $1

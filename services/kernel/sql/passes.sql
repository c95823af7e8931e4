-- name: put
-- What expired goes with the next one that comes.
with gone as (delete from {vault}.pass where expires_at <= $5)
insert into {vault}.pass (digest, purpose, claims, expires_at) values ($1, $2, $3, $4)

-- name: take
-- Once, whichever process is asked.
delete from {vault}.pass where digest = $1 returning purpose, claims, expires_at

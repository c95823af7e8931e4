-- The same function as before, but for `used`: hash joins, which are right between the arrays of a
-- batch, must not read all the commands of a city's past for the few keys of one append. Behind
-- LATERAL and LIMIT each key is looked up by the index.
create or replace function {schema}.append(
    c_bucket int[], c_stream text[], c_expected int[], c_count int[], c_live timestamptz[],
    k_stream int[], k_sender text[], k_key text[], k_hash bytea[], k_status int[], k_body bytea[],
    k_reply text[], k_upto int[], k_wrote boolean[],
    e_stream int[], e_type text[], e_data bytea[], e_metadata bytea[], e_time timestamptz[]
) returns table (n int, outcome int, "position" bigint, recorded_at timestamptz)
language plpgsql volatile set enable_hashjoin = on as $$
#variable_conflict use_column
declare
    wanted int;
    locked int;
    ahead interval;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'append needs READ COMMITTED';
    end if;
    select max(t) - clock_timestamp() into ahead from unnest(c_live) t;
    if ahead > interval '1 second' then
        raise exception 'a live fact is % ahead of the database clock', ahead
            using errcode = 'object_not_in_prerequisite_state';
    elsif ahead > interval '0' then
        perform pg_sleep_for(ahead);
    end if;
    select count(distinct b) into wanted from unnest(c_bucket) b;
    perform 1 from {schema}.bucket b where b.bucket = any (c_bucket) order by b.bucket for update;
    get diagnostics locked = row_count;
    if locked <> wanted then
        raise exception 'unknown bucket among %', c_bucket;
    end if;
    return query
    with keys as (
        select * from unnest(k_stream, k_sender, k_key, k_hash, k_status, k_body, k_reply, k_upto,
                             k_wrote)
            as k (stream, sender, key, hash, status, body, reply, upto, wrote)
    ), used as (
        select distinct k.stream from keys k cross join lateral (
            select from {vault}.command c where c.sender = k.sender and c.key = k.key limit 1) c
    ), judged as (
        select a.*, b.next_position,
            case
                when a.n in (select u.stream + 1 from used u) then 3
                when a.expected <> coalesce((
                    select e.version from {schema}.event e
                    where e.bucket = a.bucket and e.stream = a.stream
                    order by e.version desc limit 1), 0) then 1
                when a.live <= b.closed_until then 2
                else 0
            end as outcome
        from unnest(c_bucket, c_stream, c_expected, c_count, c_live) with ordinality
            as a (bucket, stream, expected, count, live, n)
        join {schema}.bucket b on b.bucket = a.bucket
    ), placed as (
        select j.*, j.next_position - j.count
            + sum(case when j.outcome = 0 then j.count else 0 end)
              over (partition by j.bucket order by j.n) as first,
            clock_timestamp() as stamp
        from judged j
    ), inserted as (
        insert into {schema}.event
        select p.bucket, p.first + e.k - 1, p.stream, p.expected + e.k, e.type, e.data,
            e.metadata, e.time, p.stamp
        from (
            select u.*, row_number() over (partition by u.stream order by u.i) as k
            from unnest(e_stream, e_type, e_data, e_metadata, e_time)
                with ordinality as u (stream, type, data, metadata, time, i)
        ) e
        join placed p on p.n = e.stream + 1
        where p.outcome = 0
    ), counted as (
        update {schema}.bucket b set next_position = b.next_position + s.total
        from (select p.bucket, sum(p.count) as total from placed p
              where p.outcome = 0 and p.count > 0 group by p.bucket) s
        where b.bucket = s.bucket
    ), answered as (
        insert into {vault}.command
            (sender, key, body_hash, ticket, status, body, version, bucket, position, reply_to)
        select k.sender, k.key, k.hash, p.stream, k.status, k.body, p.expected + k.upto,
            p.bucket, case when k.wrote then p.first + k.upto - 1 else 0 end, k.reply
        from keys k join placed p on p.n = k.stream + 1
        where p.outcome = 0 order by k.sender, k.key
    )
    select p.n::int - 1, p.outcome, p.first::bigint, p.stamp from placed p order by p.n;
end $$;

-- The ledger may never be behind the log. After a failover or a restore it may be: another server,
-- or the same one started again, takes no fact before what the log has more was read back.
create table {schema}.server (
    one       boolean primary key default true check (one),
    identity  text not null,
    healed_at timestamptz not null default now()
);

-- `forked`: the log holds another fact at a position of ours. `incarnation` says since how many of
-- those the facts of the bucket count.
alter table {schema}.bucket
    add column forked boolean not null default false,
    add column incarnation int not null default 1;

-- Facts that `adopt` took out of the ledger, since the log, which all others read, holds others.
create table {vault}.disowned (
    bucket      int not null,
    position    bigint not null,
    incarnation int not null,
    stream      text not null,
    version     int not null,
    type        text not null,
    data        bytea not null,
    metadata    bytea not null,
    time        timestamptz not null,
    recorded_at timestamptz not null,
    disowned_at timestamptz not null default now(),
    primary key (bucket, position, incarnation)
);

-- Which server this is: database system, timeline, start.
create function {schema}.this_server() returns text language sql stable as $$
    select c.system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)
        || '/' || extract(epoch from pg_postmaster_start_time())
    from pg_control_system() c
$$;

insert into {schema}.server (identity) values ({schema}.this_server());

-- Gives the buckets back where they may be written to: around the argument of each statement that
-- appends or promises.
create function {schema}.healed(w_buckets int[]) returns int[] language plpgsql stable as $$
begin
    if not exists (select from {schema}.server s where s.one and s.identity = {schema}.this_server())
    then
        raise exception 'the ledger was not healed on this server yet' using errcode = 'HL001';
    elsif exists (select from {schema}.bucket b where b.bucket = any (w_buckets) and b.forked) then
        raise exception 'a bucket among % is forked', w_buckets using errcode = 'HL002';
    end if;
    return w_buckets;
end $$;

-- Epochs are microseconds at least: after a restore none is given out that was ever used.
create or replace function {schema}.claim(a_topic text[], a_partition int[])
returns table (topic text, "partition" int, next_offset bigint, owner_epoch bigint, expected text,
               read_until timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare
    fresh bigint := extract(epoch from clock_timestamp()) * 1000000;
begin
    return query
    insert into {schema}.inbox as i (topic, partition, owner_epoch)
    select a.topic, a.partition, fresh from unnest(a_topic, a_partition) a (topic, partition)
    order by 1, 2
    on conflict on constraint inbox_pkey
    do update set owner_epoch = greatest(i.owner_epoch + 1, fresh)
    returning i.topic, i.partition, i.next_offset, i.owner_epoch, i.expected::text, i.read_until;
end $$;

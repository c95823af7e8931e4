-- The ledger of one service: {schema} is rebuilt from the log when need be, {vault} never.

create table {schema}.bucket (
    bucket        int primary key,
    next_position bigint not null default 1,
    closed_until  timestamptz not null default '-infinity'
);

create table {schema}.event (
    bucket      int not null,
    position    bigint not null,
    stream      text not null,
    version     int not null,
    type        text not null,
    data        bytea not null,
    metadata    bytea not null,
    time        timestamptz not null,
    recorded_at timestamptz not null,
    primary key (bucket, position),
    unique (bucket, stream, version)
);

create table {schema}.inbox (
    topic       text not null,
    partition   int not null,
    next_offset bigint not null default 0,
    owner_epoch bigint not null default 0,
    read_until  timestamptz not null default '-infinity',
    expected    jsonb not null default '{}',
    primary key (topic, partition)
);

create table {schema}.timer (
    bucket    int not null,
    ticket    text not null,
    name      text not null,
    due_at    timestamptz not null,
    sources   text not null,
    import_id text not null,
    primary key (bucket, ticket, name)
);
create index timer_due on {schema}.timer (bucket, sources, due_at);

-- How far each import has come in each bucket; its timers wait for it.
create table {schema}.frontier (
    bucket    int not null,
    import_id text not null,
    until     timestamptz not null,
    final     boolean not null,
    primary key (bucket, import_id)
);

create table {vault}.command (
    sender    text not null,
    key       text not null,
    body_hash bytea not null,
    ticket    text not null,
    status    int not null,
    body      bytea not null,
    version   int not null,
    bucket    int not null,
    position  bigint not null,
    reply_to  text not null default '',
    at        timestamptz not null default now(),
    primary key (sender, key)
);
create index command_unsent on {vault}.command (at) where reply_to <> '';

-- Records of tickets that made the code fail wait here, in order, until an operator decides.
create table {vault}.parked (
    id        bigint generated always as identity primary key,
    bucket    int not null,
    ticket    text not null,
    topic     text not null,
    partition int not null,
    "offset"  bigint not null,
    timestamp bigint not null,
    key       bytea,
    value     bytea,
    headers   bytea not null,
    reason    text not null,
    parked_at timestamptz not null default now()
);
create index parked_ticket on {vault}.parked (bucket, ticket, id);

-- One call appends a batch: c_* are streams, k_* the commands whose answers are kept (k_stream the
-- index of their stream, k_upto how many of its facts stand once the command is done, k_wrote
-- whether it recorded any), e_* the events in order with the index of their stream.
-- Outcome per stream: 0 appended, 1 conflict, 2 too late, 3 a command id was used before.
-- The lock is a statement of its own: only the statement after it sees what others committed.
-- Hash joins, which our connections turn off for tables, are right between the arrays of a batch.
create function {schema}.append(
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
        select distinct k.stream from keys k
        join {vault}.command c on c.sender = k.sender and c.key = k.key
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

-- The consumer's compare-and-swap: false where a newer owner exists or the offset is another.
create function {schema}.advance(
    a_topic text[], a_partition int[], a_old bigint[], a_new bigint[], a_epoch bigint[],
    a_read_until timestamptz[], a_expected text[]
) returns boolean language plpgsql volatile as $$
#variable_conflict use_column
declare
    done int;
begin
    perform 1 from {schema}.inbox i
    join unnest(a_topic, a_partition) a (topic, partition)
        on i.topic = a.topic and i.partition = a.partition
    order by i.topic, i.partition for update of i;
    update {schema}.inbox i
    set next_offset = a.new, expected = a.expected::jsonb,
        read_until = greatest(i.read_until, a.read_until)
    from unnest(a_topic, a_partition, a_old, a_new, a_epoch, a_read_until, a_expected)
        a (topic, partition, old, new, epoch, read_until, expected)
    where i.topic = a.topic and i.partition = a.partition
        and i.next_offset = a.old and i.owner_epoch = a.epoch;
    get diagnostics done = row_count;
    return done = cardinality(a_topic);
end $$;

-- Take ownership of partitions: from here every commit of an earlier owner rolls back.
create function {schema}.claim(a_topic text[], a_partition int[])
returns table (topic text, "partition" int, next_offset bigint, owner_epoch bigint, expected text,
               read_until timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
begin
    return query
    insert into {schema}.inbox as i (topic, partition, owner_epoch)
    select a.topic, a.partition, 1 from unnest(a_topic, a_partition) a (topic, partition)
    order by 1, 2
    on conflict on constraint inbox_pkey do update set owner_epoch = i.owner_epoch + 1
    returning i.topic, i.partition, i.next_offset, i.owner_epoch, i.expected::text, i.read_until;
end $$;

-- Store how far idle partitions were read, then promise per bucket that no live fact with a time
-- at or before `closed_until` will come. Buckets that need a partition nobody reads yet stay.
create function {schema}.close_buckets(
    w_buckets int[], w_keyed text[], w_shared text[], w_grace interval
) returns table (bucket int, "position" bigint, closed_until timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
begin
    perform 1 from {schema}.bucket b where b.bucket = any (w_buckets) order by b.bucket for update;
    return query
    update {schema}.bucket b
    set closed_until = greatest(b.closed_until, least(
        clock_timestamp() - w_grace,
        (select min(i.read_until) from {schema}.inbox i
         where i.topic = any (w_keyed) and i.partition = b.bucket),
        (select min(i.read_until) from {schema}.inbox i where i.topic = any (w_shared))))
    where b.bucket = any (w_buckets)
    returning b.bucket, b.next_position, b.closed_until;
end $$;

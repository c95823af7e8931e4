-- R3: calls, for the figures of answering; written by the bucket's owner in topic order.
create table {schema}.call (
    bucket   int not null,
    ticket   text not null,
    version  int not null,
    at       timestamptz not null,
    answered boolean not null,
    waited_s int not null,
    primary key (bucket, ticket, version)
);
create index call_at on {schema}.call (at) include (answered, waited_s);

-- R3: missed calls that nobody has called back.
create table {schema}.missed_call (
    bucket  int not null,
    ticket  text not null,
    at      timestamptz not null,
    primary key (bucket, ticket)
);

-- R5: how often an article answered, and how often it did not help; a row per day.
create table {schema}.article_use (
    bucket    int not null,
    article   text not null,
    day       date not null,
    answered  int not null default 0,
    unhelpful int not null default 0,
    primary key (bucket, article, day)
);

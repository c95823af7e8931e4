-- R5: answers given at once that nobody has reviewed; a row goes with its review.
create table {schema}.answer (
    bucket    int not null,
    ticket    text not null,
    article   text not null,
    at        timestamptz not null,
    unhelpful boolean not null default false,
    primary key (bucket, ticket)
);
create index answer_at on {schema}.answer (at);

alter table {schema}.article_use
    add column reviewed int not null default 0,
    add column wrong    int not null default 0;

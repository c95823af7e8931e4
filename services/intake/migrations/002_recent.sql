-- R16: what a new matter is compared with; written by the bucket's owner in topic order.
create table {schema}.recent (
    bucket      int not null,
    ticket      text not null,
    person      text not null,
    category    text not null,
    area        text not null,
    title       text not null,
    latitude    float8,
    longitude   float8,
    progress    text not null,
    received_at timestamptz not null,
    primary key (bucket, ticket)
);
create index recent_of_person on {schema}.recent (person, received_at);
create index recent_of_place on {schema}.recent (category, area, received_at);

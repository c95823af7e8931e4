-- Entries whose unit let a date pass that its reply had promised.
alter table {schema}.figures add column promise_missed bigint not null default 0;

-- An entry that is read back is a step of its command's trace too, where that is recorded: else empty.
alter table {schema}.fact add column traceparent text not null default '';

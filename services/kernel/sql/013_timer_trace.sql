-- A timer goes on in the trace of the fact that set it, where that is recorded: else empty.
alter table {schema}.timer add column traceparent text not null default '';

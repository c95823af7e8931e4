-- A timer is looked up by its ticket and name, which no other index begins with: see `clear_timers`.
alter table {schema}.timer
    drop constraint timer_pkey,
    add constraint timer_pkey primary key (ticket, name, bucket);

-- By which published version of the calendar the open clocks of a bucket were planned last (R27).
create table {schema}.planned_by (
    bucket  int primary key,
    version int not null
);

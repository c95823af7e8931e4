-- What each channel has sent of each minute of arrival, for all processes together (R3); `taken` is
-- what was last taken. The bucket of migration 007 stays for processes of the release before.
create table {vault}.turns_of_minute (
    channel text not null,
    minute  timestamptz not null,
    used    int not null,
    taken   int not null,
    primary key (channel, minute)
);

-- What a release ships is told too, as version 0: another release may ship another document.
alter table {schema}.registry drop constraint registry_name_version_key;
create unique index registry_published on {schema}.registry (name, version) where version > 0;

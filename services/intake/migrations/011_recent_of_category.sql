-- R16: a citizen's matters of one category, the latest first. A partner line or a sensor is the
-- contact of many matters in others, which are not read for it.
create index recent_of_person_category on {schema}.recent (person, category, received_at);
drop index {schema}.recent_of_person;

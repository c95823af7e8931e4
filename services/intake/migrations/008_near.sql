-- R16: the field of the map in which a matter lies, so that near ones are found beyond an area's
-- border; null: no point is known. What came before gets its field by a rebuild of the view.
alter table {schema}.recent add column cell bigint;
create index recent_of_cell on {schema}.recent (category, cell, received_at) where cell is not null;

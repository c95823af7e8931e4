-- What is due in the whole city: the index by unit does not give it in order.
create index clock_due_of_all on {schema}.clock (due_at, ticket) where state = 'running';

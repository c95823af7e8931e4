-- Who was forgotten is found in the ledger at every start, however long the history is.
create index event_forgotten on {schema}.event (stream)
    where type = 'hotline.intake.v1.PersonForgotten';

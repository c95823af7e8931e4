-- When a key was last used, to the minute: one that nobody uses is to be revoked.
alter table {vault}.api_key add column last_used_at timestamptz;

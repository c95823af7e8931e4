-- Hashes of command bodies from before they were made under a key: intake finds them, and puts them
-- under it.
create index command_unkeyed on {vault}.command (sender, key) where octet_length(body_hash) = 32;

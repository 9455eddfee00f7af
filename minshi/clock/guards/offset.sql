-- Only the owner moves the clock.
SELECT revoke_from_application('INSERT, UPDATE, DELETE', 'clock_offset');

-- A stub is registered before the end; its line is read again, and put right, while counting. What a reading may be
-- and who reads is the paper's own business.
SELECT guard_paper('deliberation_paperballot', 'deliberation_motion', true);

-- A letter is asked for and printed once; of the number in it nothing is kept here.
SELECT append_only('deliberation_checkletter', 'printed_by_id', 'printed_at');
SELECT guard_humans('deliberation_checkletter', 'printed_by_id', 'asked_by_id');

SELECT append_only('deliberation_workinggroup', 'ended_at');
SELECT append_only('deliberation_member');
SELECT append_only('deliberation_plan');

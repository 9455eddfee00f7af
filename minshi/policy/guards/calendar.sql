SELECT append_only('policy_calendarversion', 'recounted_at');
SELECT append_only('policy_calendarday');
SELECT append_only('policy_lengthening');

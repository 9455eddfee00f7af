SELECT append_only('policy_calendarversion');
SELECT append_only('policy_calendarday');
SELECT append_only('policy_lengthening');

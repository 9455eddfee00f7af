SELECT append_only('deliberation_mark');

-- A sheet is registered while its survey runs; its line is read, put right or taken back until the result. What a
-- reading may be and who reads is the paper's own business.
SELECT guard_paper('evaluation_paperanswer', 'evaluation_survey', false);

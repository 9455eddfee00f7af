SELECT guard_stage('proposals_proposal', 'proposals.proposal');
SELECT append_only('proposals_version');
SELECT append_only('proposals_handling', 'ended_at', 'outcome', 'reason');

SELECT guard_stage('proposals_wish', 'proposals.wish');
SELECT append_only('proposals_wishsupport');

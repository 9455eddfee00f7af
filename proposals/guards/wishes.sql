SELECT guard_stage('proposals_wish', 'proposals.wish');
SELECT append_only('proposals_wishsupport');
SELECT append_only('proposals_wishphoto', 'looked_at', 'looked_by_id', 'is_shown', 'taken_back_at');

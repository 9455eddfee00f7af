-- Every step with money is somebody's, and not of a login that was made anew just now.
SELECT guard_hands('funding_pot', 'opened_by_id');
SELECT guard_hands('funding_allocation', 'recorded_by_id', 'confirmed_by_id', 'rejected_by_id');
SELECT guard_hands('funding_plan', 'drawn_by_id');
SELECT guard_hands('funding_grant', 'asked_by_id', 'examined_by_id', 'approved_by_id', 'district_by_id');
SELECT guard_hands('funding_contribution', 'recorded_by_id', 'confirmed_by_id');
SELECT guard_hands('funding_inkind', 'recorded_by_id', 'confirmed_by_id', 'rejected_by_id');
SELECT guard_hands('funding_sponsor', 'by_id', 'withdrawn_by_id');
SELECT guard_hands('funding_quote', 'by_id');
SELECT guard_hands('funding_award', 'by_id');
SELECT guard_hands('funding_contract', 'signed_by_id');
SELECT guard_hands('funding_change', 'asked_by_id', 'decided_by_id');
SELECT guard_hands('funding_payment', 'asked_by_id', 'approved_by_id', 'paid_by_id', 'reversed_by_id');
SELECT guard_hands('funding_waiver', 'by_id', 'confirmed_by_id', 'annulled_by_id');
SELECT guard_hands('funding_refund', 'ordered_by_id', 'paid_by_id', 'confirmed_by_id', 'annulled_by_id');
SELECT guard_hands('funding_claim', 'settled_by_id', 'confirmed_by_id');
SELECT guard_hands('ledger_entry', 'by_id', 'confirmed_by_id');
SELECT guard_hands('funding_carryover', 'recorded_by_id', 'confirmed_by_id', 'rejected_by_id');
SELECT guard_hands('funding_planchange', 'asked_by_id', 'confirmed_by_id');
SELECT guard_hands('funding_ending', 'asked_by_id', 'confirmed_by_id');

-- Neither by two accounts of one human (minshi/accounts/guards/humans.sql).
SELECT guard_humans('funding_contribution', 'recorded_by_id', 'confirmed_by_id');
SELECT guard_humans('funding_inkind', 'recorded_by_id', 'confirmed_by_id');
SELECT guard_humans('funding_refund', 'paid_by_id', 'confirmed_by_id');
SELECT guard_humans('funding_refund', 'annulled_by_id', 'paid_by_id');
SELECT guard_humans('funding_ending', 'asked_by_id', 'confirmed_by_id');
SELECT guard_humans('funding_allocation', 'recorded_by_id', 'confirmed_by_id');
SELECT guard_humans('funding_carryover', 'recorded_by_id', 'confirmed_by_id');
SELECT guard_humans('funding_claim', 'settled_by_id', 'confirmed_by_id');
SELECT guard_humans('funding_payment', 'asked_by_id', 'approved_by_id', 'paid_by_id');
SELECT guard_humans('funding_payment', 'reversed_by_id', 'paid_by_id');
SELECT guard_humans('funding_waiver', 'by_id', 'confirmed_by_id');
SELECT guard_humans('funding_grant', 'asked_by_id', 'examined_by_id', 'approved_by_id', 'district_by_id');
SELECT guard_humans('funding_change', 'asked_by_id', 'decided_by_id');
SELECT guard_humans('funding_planchange', 'asked_by_id', 'confirmed_by_id');
SELECT guard_humans('ledger_entry', 'by_id', 'confirmed_by_id');

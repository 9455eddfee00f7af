SELECT append_only('funding_pot');
SELECT append_only('funding_allocation', 'confirmed_by_id', 'confirmed_at');
SELECT append_only('funding_purse');

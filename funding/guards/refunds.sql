SELECT append_only(
    'funding_refund',
    'voucher', 'paid_by_id', 'paid_at', 'confirmed_by_id', 'returned_at', 'name_public'
);

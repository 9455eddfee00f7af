SELECT append_only('proposals_cosign');
SELECT append_only('proposals_beneficiary');

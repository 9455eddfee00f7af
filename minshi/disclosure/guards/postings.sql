SELECT append_only('disclosure_postingphoto');
